// The groups that own persistent volumes, which the processes of a pod with such a volume are members of. Pure.
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../api/pod.ts';
import type { PreparedVolumes } from './manager.ts';

const annotation = 'pv.beta.kubernetes.io/gid';
const maxGroup = 2n ** 63n - 1n;

/** The group that a persistent volume names, as it is written there; undefined for none. */
export function namedGroup({ metadata }: PersistentVolume): string | undefined {
  return metadata?.annotations?.[annotation];
}

/** The groups of a pod's volumes that the pod does not name itself. What is no number is ignored. */
export function volumeGroups(pod: Pod, volumes: PreparedVolumes): bigint[] {
  const own = new Set((pod.spec.securityContext.supplementalGroups ?? []).map(BigInt));
  const named = new Set(
    [...volumes.values()].flatMap((each) => (each.from === 'image' ? [] : each.group) ?? []),
  );
  return [...named]
    .filter((text) => /^[+-]?\d+$/.test(text))
    .map((text) => BigInt(text.replace('+', '')))
    .filter((group) => group <= maxGroup && group >= -maxGroup && !own.has(group));
}
