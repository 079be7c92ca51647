// Which packages import which, as plain data for a picture.
import { isTest, packageOf, type SourceTree } from '../lint/tree/source-tree.ts';

/** One package. */
export interface PackageNode {
  name: string;
  /** Lines of its sources, without tests and what is generated. */
  lines: number;
  /** The longest way down: 0 imports no other package. */
  floor: number;
  /** The packages that it imports and that none of its other imports imports as well. */
  below: string[];
}

/** Pure: the packages by name, with what they import. The graph must have no circle. */
export function packageGraph(tree: SourceTree): PackageNode[] {
  const lines = new Map<string, number>();
  const imports = new Map<string, Set<string>>();
  for (const source of tree.values()) {
    const name = packageOf(source.path);
    if (name === undefined || isTest(source.path)) continue;
    lines.set(name, (lines.get(name) ?? 0) + source.lines.length);
    const own = imports.get(name) ?? new Set();
    imports.set(name, own);
    for (const { file } of source.imports) {
      const to = file === undefined ? undefined : packageOf(file);
      if (to !== undefined && to !== name) own.add(to);
    }
  }
  const importsOf = (name: string): string[] => [...(imports.get(name) ?? [])].sort();
  const reaches = (from: string, to: string): boolean =>
    importsOf(from).some((next) => next === to || reaches(next, to));
  const floorOf = (name: string): number => Math.max(-1, ...importsOf(name).map(floorOf)) + 1;
  return [...lines.keys()].sort().map((name) => ({
    name,
    lines: lines.get(name) ?? 0,
    floor: floorOf(name),
    below: importsOf(name).filter((to) => !importsOf(name).some((other) => reaches(other, to))),
  }));
}
