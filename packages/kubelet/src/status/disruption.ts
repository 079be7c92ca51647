// The condition DisruptionTarget: the kubelet ends a pod that would have gone on.
// https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
import type { PodCondition } from '../api/pod.ts';
import type { PodEnd } from '../pods/end/pod-end.ts';

/** The condition of a pod with this end; none for ends that are no disruption. Since `now`, an API timestamp. */
export function disruptionConditions(
  end: PodEnd | undefined,
  previous: readonly PodCondition[],
  now: string,
): PodCondition[] {
  if (end?.by !== 'preempted') return [];
  const before = previous.find(({ type }) => type === 'DisruptionTarget');
  return [
    {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message: 'Pod was preempted by Kubelet to accommodate a critical pod.',
      lastTransitionTime: before?.lastTransitionTime ?? now,
    },
  ];
}
