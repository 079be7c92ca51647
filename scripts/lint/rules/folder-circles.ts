import { posix } from 'node:path';
import { circles } from '../tree/circles.ts';
import { isTest, packageOf, type SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/**
 * The folders of a package import each other one way. The files at the root of `src` are a folder as well: they put the
 * rest together, and nothing below imports them.
 */
export function folderCircles(tree: SourceTree): Problem[] {
  const graph = new Map<string, Set<string>>();
  const example = new Map<string, string>();
  for (const { path, imports } of tree.values()) {
    if (isTest(path)) continue;
    const from = posix.dirname(path);
    for (const { file } of imports) {
      if (file === undefined || packageOf(file) !== packageOf(path)) continue;
      const to = posix.dirname(file);
      if (from === to) continue;
      graph.set(from, (graph.get(from) ?? new Set()).add(to));
      example.set(`${from} ${to}`, `${path} imports ${posix.basename(file)}`);
    }
  }
  return circles(graph).map((found) => {
    const folders = found.sort();
    const inside = new Set(folders);
    const arrows = folders.flatMap((from) =>
      [...(graph.get(from) ?? [])]
        .filter((to) => inside.has(to))
        .map((to) => `  ${posix.basename(from)} → ${posix.basename(to)}: ${example.get(`${from} ${to}`)}`),
    );
    const message = `folders that import each other: ${folders.join(', ')}\n${arrows.join('\n')}`;
    return { path: folders[0] ?? '', line: 1, message };
  });
}
