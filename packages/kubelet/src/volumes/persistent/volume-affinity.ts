// Whether a persistent volume can be used on this node. Pure.
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import { matchesTerm } from '../../admission/node-affinity.ts';

/** Why a node with these labels cannot use the volume; undefined: it can. */
export function affinityProblem(
  { spec }: PersistentVolume,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (!terms || terms.some((term) => matchesTerm(term, labels))) return undefined;
  return 'no matching NodeSelectorTerms';
}
