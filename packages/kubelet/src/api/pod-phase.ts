// The phases of a pod.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase

/** The phases that a kubelet gives; a control plane that has lost the node sets Unknown. */
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** Whether a pod in this phase never runs again. */
export function isFinalPhase(phase: string | undefined): phase is 'Succeeded' | 'Failed' {
  return phase === 'Succeeded' || phase === 'Failed';
}
