// The TypeScript sources of the repository as plain data, which all rules read.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Import, importsOf } from './imports.ts';

/** One source file. */
export interface Source {
  /** From the repository's root, e.g. `packages/cni/src/cache.ts`. */
  path: string;
  /** Its lines as they are. */
  lines: readonly string[];
  /** Its lines with comments and the contents of strings blanked out. */
  code: readonly string[];
  imports: readonly Import[];
}

/** All sources by path. */
export type SourceTree = ReadonlyMap<string, Source>;

const root = dirname(dirname(dirname(import.meta.dirname)));
const patterns = ['packages/*/src/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.{ts,mjs}', 'test/**/*.ts'];

/** Reads the sources of this checkout, without what is generated. */
export function readSourceTree(): SourceTree {
  const paths = globSync(patterns, { cwd: root }).filter((path) => !path.includes('/generated/'));
  return sourceTree(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** Pure: the same from the texts of files. */
export function sourceTree(files: Iterable<readonly [path: string, text: string]>): SourceTree {
  const sources = [...files].map(([path, text]): [string, Source] => {
    const code = blank(text);
    return [path, { path, lines: text.split('\n'), code: code.split('\n'), imports: importsOf(path, text) }];
  });
  return new Map(sources);
}

/** Whether a file holds tests, or what only tests and benchmarks use. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || /\/testing\/|^(test|bench|packages\/test-support)\//.test(path);
}

/** The package that a path is in; undefined outside of packages. */
export function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

const literal = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g;

/** Replaces comments and strings by as many spaces; line ends stay. */
function blank(text: string): string {
  return text.replace(literal, (found) => found.replace(/[^\n]/g, ' '));
}
