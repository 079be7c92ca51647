import { isTest, packageOf, type SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/**
 * The packages from the bottom up: each imports only from lines above its own. ARCHITECTURE.md shows which really do
 * (scripts/picture.ts).
 */
export const layers: readonly (readonly string[])[] = [
  ['common'],
  ['linux', 'go-yaml', 'go-template', 'pprof'],
  ['http', 'cni'],
  ['cri', 'oci', 'streaming'],
  ['runtime', 'kubelet', 'crictl'],
  ['berth'],
];

const layerOf = (name: string): number => layers.findIndex((names) => names.includes(name));

/** A package imports packages of lower layers only, and no package imports what only tests of another use. */
export function packageOrder(tree: SourceTree): Problem[] {
  return [...tree.values()].flatMap(({ path, imports }) => {
    const from = packageOf(path);
    if (from === undefined || isTest(path)) return [];
    if (layerOf(from) < 0)
      return [{ path, line: 1, message: `package ${from} has no layer: add it to package-order.ts` }];
    return imports.flatMap(({ file, line }) => {
      const to = file === undefined ? undefined : packageOf(file);
      if (file === undefined) return [];
      if (isTest(file)) return [{ path, line, message: `${file} is for tests only` }];
      if (to === from || (to !== undefined && layerOf(to) < layerOf(from))) return [];
      return [{ path, line, message: `package ${from} is not above package ${to}` }];
    });
  });
}
