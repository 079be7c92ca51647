// The last status of a pod of an API server, of which nothing is left on the node: every container has an end, and the
// phase is final, because only such a pod is deleted.
import { isSidecar } from '../api/each-container.ts';
import type { ContainerStatus, Pod, PodStatus } from '../api/pod.ts';
import { isFinalPhase } from '../api/pod-phase.ts';

/** An end that nobody saw. */
const unseen = {
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  },
};

/**
 * The status that the pod ends with, from the last one. What was never started stays waiting while an init container has
 * not succeeded.
 */
export function finalStatus(pod: Pod, last: PodStatus): PodStatus {
  const init = last.initContainerStatuses;
  return {
    ...last,
    phase: isFinalPhase(last.phase) ? last.phase : 'Failed',
    ...(init && {
      initContainerStatuses: init.map((status, index) =>
        index < startedCount(init) ? withEnd(status) : status,
      ),
    }),
    ...(last.containerStatuses && {
      containerStatuses: isInitialized(pod, last)
        ? last.containerStatuses.map(withEnd)
        : last.containerStatuses,
    }),
  };
}

function withEnd(status: ContainerStatus): ContainerStatus {
  return status.state?.terminated ? status : { ...status, state: unseen };
}

/** How many init containers, from the first, may have been started; one at least. */
function startedCount(statuses: readonly ContainerStatus[]): number {
  const last = statuses.findLastIndex(({ state, lastState }) => !state?.waiting || lastState?.terminated);
  return Math.max(1, last + 1);
}

/** Whether regular containers were started, or could have been. */
function isInitialized(pod: Pod, { containerStatuses = [], initContainerStatuses = [] }: PodStatus): boolean {
  const containers = pod.spec.initContainers ?? [];
  if (containers.length === 0) return true;
  if (containerStatuses.some(({ state, lastState }) => lastState?.terminated || !state?.waiting)) return true;
  const [container, status] = [containers.at(-1), initContainerStatuses.at(-1)];
  if (!container || !status) return false;
  if (isSidecar(container)) return status.state?.running !== undefined && status.started === true;
  return [status.lastState, status.state].some((each) => each?.terminated?.exitCode === 0);
}
