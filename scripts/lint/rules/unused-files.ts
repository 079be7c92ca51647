import { isTest, type SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/** Where a process or a thread starts. */
const entryPoint = /\/src\/main\.ts$|-worker\.ts$/;

/** Something that ships imports each file of a package; tests alone do not keep it. */
export function unusedFiles(tree: SourceTree): Problem[] {
  const imported = new Set<string>();
  for (const { path, imports } of tree.values()) {
    // Benchmarks and scripts use what ships, and do not keep it either.
    if (isTest(path) || !path.startsWith('packages/')) continue;
    for (const { file } of imports) if (file !== undefined) imported.add(file);
  }
  return [...tree.keys()]
    .filter((path) => path.startsWith('packages/') && !isTest(path))
    .filter((path) => !imported.has(path) && !entryPoint.test(path))
    .map((path) => ({ path, line: 1, message: 'nothing that ships imports it: remove it' }));
}
