// PURE: the two nodes of the comparison, by names that are of the same length.
import { marksDir } from '../compare-kubelet/cases/pod.ts';
import type { Names } from '../compare-kubelet/normalise.ts';

export type SideName = 'real' | 'ours';

export const sides: readonly SideName[] = ['real', 'ours'];

/** The node's name, and that of the namespace of its pods. */
export function nodeOf(side: SideName): string {
  return `cmp-${side}`;
}

/** What both sides call by a name of their own. */
export function sideNames(side: SideName, more: Names = []): Names {
  return [...more, [nodeOf(side), 'SIDE'], [`${marksDir}/${side}/`, `${marksDir}/SIDE/`]];
}
