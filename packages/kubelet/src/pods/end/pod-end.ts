// Every way in which a pod ends other than by its own containers. Actions, status and worker switch over this
// union, so the type checker finds each place that a new way has to be added to.

/** Why a pod has to end, or never began. */
export type PodEnd =
  /** No source wants it any more; `at` is its deletionTimestamp. */
  | { by: 'deleted'; at: string }
  /** `activeDeadlineSeconds` is over. */
  | { by: 'deadline' }
  /** This node did not admit it. */
  | { by: 'rejected'; reason: string; message: string };

/** A pod that no source wants any more. */
export type Deleted = PodEnd & { by: 'deleted' };

/** A pod that this node did not admit. */
export type Rejected = PodEnd & { by: 'rejected' };

/** The end of a pod that no source wants since `time`. */
export function deletedAt(time: Date): Deleted {
  return { by: 'deleted', at: time.toISOString().replace(/\.\d+Z$/, 'Z') };
}

/** Phase, reason and message that an end gives to the pod's status; undefined: its containers tell. */
export function endedStatus(
  end: PodEnd | undefined,
): { phase: 'Failed'; reason: string; message: string } | undefined {
  switch (end?.by) {
    case undefined:
    case 'deleted':
      return undefined;
    case 'deadline':
      return {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
    case 'rejected':
      return { phase: 'Failed', reason: end.reason, message: `Pod was rejected: ${end.message}` };
  }
}

/** Why the containers of a pod that has to end are killed, for the log. */
export function killReason(end: PodEnd): string {
  switch (end.by) {
    case 'deleted':
      return 'the pod was deleted';
    case 'deadline':
      return 'the pod was active longer than its deadline';
    case 'rejected':
      return `the pod was rejected: ${end.reason}`;
  }
}
