// The conditions of a pod whose resources change: one that waits to be admitted, and one that is being carried out.
import type { PendingResize } from '../admission/resizes.ts';
import type { Pod, PodCondition } from '../api/pod.ts';
import { observedGeneration } from './conditions.ts';

/** How far the change of a pod's resources is. */
export interface ResizeProgress {
  /** Why it is not admitted; undefined: it is, or there is none. */
  pending: PendingResize | undefined;
  /** Whether cgroups do not yet have what was admitted. */
  isInProgress: boolean;
  /** Why the last attempt failed. */
  error: string | undefined;
}

/** The conditions of the resize; none for a pod that has what it asks for. `now`: an API timestamp. */
export function resizeConditions(
  pod: Pod,
  { pending, isInProgress, error }: ResizeProgress,
  previous: readonly PodCondition[],
  now: string,
): PodCondition[] {
  const failure = error === undefined ? {} : { reason: 'Error', message: error };
  return [
    ...(pending ? [condition(pod, 'PodResizePending', pending, previous, now)] : []),
    ...(isInProgress ? [condition(pod, 'PodResizeInProgress', failure, previous, now)] : []),
  ];
}

/** Keeps its times while it says the same; another reason is a transition. */
function condition(
  pod: Pod,
  type: string,
  { reason, message }: { reason?: string; message?: string },
  previous: readonly PodCondition[],
  now: string,
): PodCondition {
  const before = previous.find((each) => each.type === type);
  const isSameReason = before !== undefined && before.reason === reason;
  const isSame = isSameReason && before.message === message;
  return {
    type,
    ...observedGeneration(pod),
    status: 'True',
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    lastProbeTime: (isSame && before.lastProbeTime) || now,
    lastTransitionTime: (isSameReason && before.lastTransitionTime) || now,
  };
}
