// What remains of a container's former status when the runtime tells less than it did.
import type { ContainerState, ContainerStatus } from '../api/pod.ts';
import { restartingAllContainers } from './phase.ts';

/** An end that nobody saw. */
export function unseenEnd(exitCode: number, reason: string, message: string): ContainerState {
  return { terminated: { exitCode, reason, message, startedAt: null, finishedAt: null } };
}

/** A container that ran and is not there any more: nobody knows how it ended. */
const unknownEnd = unseenEnd(
  137,
  'ContainerStatusUnknown',
  'The container could not be located when the pod was deleted.  The container used to be Running',
);

const removedToRestart = 'The container is removed because RestartAllContainers in place';

/**
 * The parts of the status of a container that the runtime has nothing of: an end that was seen stays, a container that
 * ran counts as ended. `status` is that of a container that never was.
 */
export function lostContainer(before: ContainerStatus, status: ContainerStatus): Partial<ContainerStatus> {
  if (before.state?.terminated) return { ...before, ready: false, started: false };
  const { restartCount: count, lastState } = before;
  if (!before.state?.running || lastState?.terminated) {
    return { restartCount: count, lastState: lastState ?? {}, state: status.state ?? {} };
  }
  return { restartCount: count + 1, lastState: unknownEnd, state: status.state ?? {} };
}

/** The parts of the status of a container that was removed because all containers of its pod restart. */
export function removedContainer(before: ContainerStatus, status: ContainerStatus): Partial<ContainerStatus> {
  if (before.state?.waiting) return lostContainer(before, status);
  return {
    restartCount: before.restartCount + 1,
    lastState: unseenEnd(137, restartingAllContainers, removedToRestart),
    state: { waiting: { reason: restartingAllContainers, message: removedToRestart } },
  };
}

/** Restarts never become fewer, and a container that runs after one that ended is one more. */
export function restartCount(before: ContainerStatus, now: ContainerStatus): number {
  const another = before.containerID !== now.containerID;
  if (now.state?.running && before.state?.terminated && another && before.restartCount >= now.restartCount) {
    return before.restartCount + 1;
  }
  return Math.max(before.restartCount, now.restartCount);
}
