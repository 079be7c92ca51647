// The phase of a pod: its life in one word.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
import type { ContainerStatus, Pod } from '../api/pod.ts';

/** The phases that a kubelet gives; a control plane that has lost the node sets Unknown. */
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** The state of a container, as relevant for the phase. */
type Stage = 'waiting' | 'running' | 'stopped';

/** The phase that follows from the statuses of the pod's containers. */
export function podPhase(pod: Pod, init: ContainerStatus[], regular: ContainerStatus[]): PodPhase {
  const never = pod.spec.restartPolicy === 'Never';
  if (never && init.some((status) => (lastExitCode(status) ?? 0) !== 0)) return 'Failed';
  if (init.some((status) => !status.state?.terminated && lastExitCode(status) === undefined))
    return 'Pending';

  const stages = regular.map(stage);
  if (stages.includes('waiting')) return 'Pending';
  if (stages.includes('running')) return 'Running';
  if (stages.length === 0) return 'Pending';
  if (pod.spec.restartPolicy === 'Always') return 'Running';
  if (regular.every((status) => lastExitCode(status) === 0)) return 'Succeeded';
  return never ? 'Failed' : 'Running';
}

function stage(status: ContainerStatus): Stage {
  if (status.state?.running) return 'running';
  // A container in back-off counts as stopped; a container that never ran counts as waiting.
  return status.state?.terminated || status.lastState?.terminated ? 'stopped' : 'waiting';
}

/** The exit code of the container's last end: undefined while it runs, or when it never ended. */
function lastExitCode({ state, lastState }: ContainerStatus): number | undefined {
  if (state?.running) return undefined;
  return (state?.terminated ?? (state?.waiting ? lastState?.terminated : undefined))?.exitCode;
}
