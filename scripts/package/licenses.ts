// The licenses of what is in the bundles and beside them.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  name: string;
  version?: string;
  license?: string;
  dependencies?: Record<string, string>;
}

/** The dependencies of our packages that ship and `others`, with theirs: names, versions and license texts. */
export function thirdPartyLicenses(root: string, modules: string, others: readonly string[]): string {
  const found = new Map<string, string>();
  const visit = (name: string) => {
    if (name.startsWith('@berth/') || found.has(name)) return;
    // Optional dependencies for other processors are not there.
    const folder = [modules, join(root, 'node_modules')]
      .map((each) => join(each, name))
      .find((each) => existsSync(each));
    if (folder === undefined) return;
    const manifest = readManifest(join(folder, 'package.json'));
    const texts = globSync('{LICENSE,LICENCE,COPYING,NOTICE,license}*', { cwd: folder }).sort();
    const body = texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
    const title = `${name} ${manifest.version ?? ''}: ${manifest.license ?? 'see below'}`;
    found.set(name, `${title}\n${'-'.repeat(title.length)}\n\n${body}\n`);
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency);
  };
  for (const file of globSync('packages/*/package.json', { cwd: root })) {
    if (file.includes('test-support')) continue;
    for (const name of Object.keys(readManifest(join(root, file)).dependencies ?? {})) visit(name);
  }
  for (const name of others) visit(name);
  return [...found.keys()]
    .sort()
    .map((name) => found.get(name))
    .join('\n\n');
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8'));
}
