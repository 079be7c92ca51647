// The condition DisruptionTarget: the kubelet ends a pod that would have gone on.
// https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
import type { Pod, PodCondition } from '../api/pod.ts';
import { disruptionMessage, type PodEnd } from '../pods/end/pod-end.ts';
import { observedGeneration } from './conditions.ts';

/** The condition of a pod with this end; none for ends that are no disruption. Since `now`, an API timestamp. */
export function disruptionConditions(
  pod: Pod,
  end: PodEnd | undefined,
  previous: readonly PodCondition[],
  now: string,
): PodCondition[] {
  const message = disruptionMessage(end);
  if (message === undefined) return [];
  const before = previous.find(({ type }) => type === 'DisruptionTarget');
  return [
    {
      type: 'DisruptionTarget',
      ...observedGeneration(pod),
      status: 'True',
      reason: 'TerminationByKubelet',
      message,
      lastTransitionTime: before?.lastTransitionTime ?? now,
    },
  ];
}
