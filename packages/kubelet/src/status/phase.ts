// The phase of a pod: its life in one word.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
import { containersOfKind, isSidecar } from '../api/each-container.ts';
import type { Container, ContainerStatus, Pod } from '../api/pod.ts';
import type { PodPhase } from '../api/pod-phase.ts';
import { restartsAfter } from '../containers/restart-policy.ts';

/** The reason of a termination that restarts all containers of the pod. */
export const restartingAllContainers = 'RestartingAllContainers';

/** The state of a container, as relevant for the phase. */
type Stage =
  | { is: 'waiting' }
  | { is: 'running' }
  /** A container in back-off counts as stopped; one that never ran counts as waiting. */
  | { is: 'stopped'; exitCode: number; restarts: boolean };

/**
 * The phase that follows from the statuses of the pod's containers.
 *
 * @param isOver whether none of them is started again, whatever the restart policy
 */
export function podPhase(
  pod: Pod,
  init: ContainerStatus[],
  regular: ContainerStatus[],
  isOver = false,
): PodPhase {
  const initStages = containersOfKind(pod.spec, 'init').map(({ container }) => ({
    sidecar: isSidecar(container),
    status: statusOf(init, container),
    stage: stageOf(pod, container, init),
  }));
  const stages = pod.spec.containers.map((container) => stageOf(pod, container, regular));
  const first = initStages.filter(({ sidecar }) => !sidecar).map(({ stage }) => stage);
  if (first.some((stage) => stage.is === 'stopped' && stage.exitCode !== 0 && !stage.restarts))
    return 'Failed';
  if (first.some((stage) => stage.is !== 'stopped')) return 'Pending';

  // Sidecars that have ended do not count.
  const sidecars = initStages.filter(({ sidecar, stage }) => sidecar && stage.is !== 'stopped');
  // A sidecar that restarts later does not take an initialized pod back.
  const wasInitialized = regular.some(({ state }) => state?.running || state?.terminated);
  const starts = sidecars.some(({ stage, status }) => stage.is === 'waiting' || status?.started !== true);
  if (starts && !wasInitialized) return 'Pending';

  const all = [...sidecars.map(({ stage }) => stage), ...stages];
  if (all.some((stage) => stage.is === 'waiting')) return 'Pending';
  if (all.some((stage) => stage.is === 'running')) return 'Running';
  const stopped = stages.filter((stage) => stage.is === 'stopped');
  if (stopped.length === 0) return 'Pending';
  if (!isOver && stopped.some(({ restarts }) => restarts)) return 'Running';
  return stopped.every(({ exitCode }) => exitCode === 0) ? 'Succeeded' : 'Failed';
}

function statusOf(statuses: ContainerStatus[], { name }: Container): ContainerStatus | undefined {
  return statuses.find((status) => status.name === name);
}

function stageOf(pod: Pod, container: Container, statuses: ContainerStatus[]): Stage {
  const { state, lastState } = statusOf(statuses, container) ?? {};
  if (state?.running) return { is: 'running' };
  const end = state?.terminated ?? lastState?.terminated;
  if (!end) return { is: 'waiting' };
  const restarts = restartsAfter(pod, container, end.exitCode) || end.reason === restartingAllContainers;
  return { is: 'stopped', exitCode: end.exitCode, restarts };
}
