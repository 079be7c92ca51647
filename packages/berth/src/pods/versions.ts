// A pod whose manifest changed is two pods for a while: the old one ends, then the new one starts.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { configHash, displayName } from './identity.ts';

/** The pod of a manifest among the pods of the node, and its earlier versions that have not ended. */
export function versionsOf(
  pods: readonly v1.Pod[],
  wanted: { readonly uid: string; readonly name: string },
): { current: v1.Pod | undefined; former: v1.Pod[] } {
  const current = pods.find(({ metadata }) => configHash(metadata) === wanted.uid);
  const former = pods.filter((pod) => pod !== current && displayName(pod) === wanted.name);
  return { current, former };
}

/** One pod for each name, the version that is to run before those that end for it; and these. */
export function newestVersions(pods: readonly v1.Pod[]): { pod: v1.Pod; former: v1.Pod[] }[] {
  return [...Map.groupBy(pods, displayName).values()].flatMap((versions) => {
    const pod = versions.findLast((version) => !isEnding(version)) ?? versions.at(-1);
    return pod === undefined ? [] : [{ pod, former: versions.filter((version) => version !== pod) }];
  });
}

/** Whether the pod is being removed. */
export function isEnding({ metadata }: v1.Pod): boolean {
  return metadata?.deletionTimestamp !== undefined;
}
