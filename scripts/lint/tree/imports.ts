// The imports of a TypeScript source, resolved to files of the repository.
import { posix } from 'node:path';

/** One import or re-export. */
export interface Import {
  /** Line of the module's name, from 1. */
  line: number;
  /** As written, e.g. `node:fs` or `./cache.ts`. */
  specifier: string;
  /** The file of the repository that it names; undefined for Node.js' modules and those of npm. */
  file: string | undefined;
  /** What it takes of it, as written between `import` and `from`. */
  names: string;
  /** Erased by the compiler: `import type` or `export type`. */
  typeOnly: boolean;
}

const statement =
  /^(?:import|export)\b(?<what>(?:(?!^(?:import|export)\b)[^;'])*?)(?:from\s*)?'(?<name>[^'\n]+)';/gm;
const call = /\bimport\(\s*'(?<name>[^'\n]+)'/g;

/** Pure: what the source at `path` imports, dynamic imports too. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  for (const pattern of [statement, call]) {
    for (const match of text.matchAll(pattern)) {
      const { name = '', what = '' } = match.groups ?? {};
      const end = match.index + match[0].length;
      const typeOnly = /^\s*type\b/.test(what);
      found.push({
        line: text.slice(0, end).split('\n').length,
        specifier: name,
        file: resolve(path, name),
        names: what.trim(),
        typeOnly,
      });
    }
  }
  return found;
}

function resolve(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(importer), specifier);
  const own = /^@berth\/([^/]+)\/(.+)$/.exec(specifier);
  return own ? `packages/${own[1]}/src/${own[2]}` : undefined;
}
