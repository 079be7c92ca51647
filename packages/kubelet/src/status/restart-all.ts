// How a pod shows that all of its containers restart in place.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-all-containers
import { workloadContainers } from '../api/each-container.ts';
import type { Pod, PodCondition } from '../api/pod.ts';
import { allContainersRestart } from '../containers/restart-policy.ts';
import { latestContainer, type PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import type { PodPhase } from './phase.ts';

const type = 'AllContainersRestarting';

/** Whether containers of the pod are removed to restart it, or were since the conditions of `previous`. */
export function isRestarting(
  pod: Pod,
  runtime: PodRuntimeStatus,
  previous: readonly PodCondition[],
): boolean {
  return (
    previous.some((each) => each.type === type && each.status === 'True') ||
    allContainersRestart(pod, runtime)
  );
}

/** The condition of a pod that can restart so; none for others. It turned at `now`, an API timestamp. */
export function restartCondition(
  pod: Pod,
  runtime: PodRuntimeStatus,
  phase: PodPhase,
  previous: readonly PodCondition[],
  now: string,
): PodCondition[] {
  const containers = workloadContainers(pod.spec).map(({ container }) => container);
  const can = containers.some(({ restartPolicyRules: rules }) =>
    rules?.some(({ action }) => action === 'RestartAllContainers'),
  );
  if (!can) return [];
  const isLeft = containers.some(({ name }) => latestContainer(runtime, name) !== undefined);
  const verdict = verdictOf(phase, isLeft && isRestarting(pod, runtime, previous));
  const before = previous.find((each) => each.type === type);
  const lastTransitionTime = before?.status === verdict.status ? (before.lastTransitionTime ?? now) : now;
  return [{ type, ...verdict, lastProbeTime: null, lastTransitionTime }];
}

function verdictOf(phase: PodPhase, restarts: boolean): Pick<PodCondition, 'status' | 'reason' | 'message'> {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  if (!restarts) return { status: 'False' };
  return {
    status: 'True',
    reason: 'RestartAllContainersStarted',
    message: 'container exited with restart policy rule',
  };
}
