// The processors that there are packages for.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A processor by its name in Debian. */
export interface Architecture {
  readonly debian: 'amd64' | 'arm64';
  /** Its name in Node.js. */
  readonly node: 'x64' | 'arm64';
}

export const architectures: readonly Architecture[] = [
  { debian: 'amd64', node: 'x64' },
  { debian: 'arm64', node: 'arm64' },
];

/** The architecture of that name in Debian or, without one, of this machine. */
export function architectureOf(name: string | undefined): Architecture {
  const found = architectures.find(({ debian, node }) =>
    name === undefined ? node === process.arch : debian === name,
  );
  if (found !== undefined) return found;
  const known = architectures.map(({ debian }) => debian).join(', ');
  throw new Error(`no package for ${name ?? process.arch}; there are packages for ${known}`);
}

/** The npm packages with machine code that Berth runs on, in a node_modules. Throws when one is not there. */
export function nativePackages(modules: string, { node }: Architecture): string[] {
  const names = [`node-linux-${node}`, `@koromix/koffi-linux-${node}`];
  const missing = names.filter((name) => !existsSync(join(modules, name)));
  if (missing.length === 0) return names;
  throw new Error(
    `${missing.join(' and ')} not in ${modules}; npm brings what is for another processor into a copy of ` +
      `package.json, package-lock.json and packages/*/package.json: npm ci --ignore-scripts --os linux --cpu ${node}, then --modules COPY/node_modules`,
  );
}
