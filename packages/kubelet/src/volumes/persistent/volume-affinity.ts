// Whether a persistent volume can be used on this node. Pure.
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import { matchesTerm } from '../../admission/node-affinity.ts';

/** Throws when the volume is for other nodes. */
export function checkVolumeAffinity(
  { spec }: PersistentVolume,
  labels: Readonly<Record<string, string>>,
): void {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (!terms || terms.some((term) => matchesTerm(term, labels))) return;
  throw new Error('NodeAffinity check failed: no matching NodeSelectorTerms');
}
