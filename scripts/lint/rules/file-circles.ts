import { circles } from '../tree/circles.ts';
import type { SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/** No file imports itself through others. */
export function fileCircles(tree: SourceTree): Problem[] {
  const graph = new Map(
    [...tree.values()].map(({ path, imports }) => [
      path,
      new Set(imports.flatMap(({ file }) => (file !== undefined && file !== path ? [file] : []))),
    ]),
  );
  return circles(graph).map((found) => {
    const files = found.sort();
    return { path: files[0] ?? '', line: 1, message: `files that import each other: ${files.join(', ')}` };
  });
}
