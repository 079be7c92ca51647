// The reasons for which the kubelet ends a pod. Actions, status and worker switch over this union, so the type checker
// finds each place to extend for a new reason.
import type { PodStatus } from '../../api/pod.ts';

/** Why a pod must end, or never started. */
export type PodEnd =
  /** It is no longer in any source; `at` is its deletionTimestamp. */
  | { by: 'deleted'; at: string }
  /** `activeDeadlineSeconds` is over. */
  | { by: 'deadline' }
  /** A critical pod needs its resources; `preemptor` is that pod's UID. */
  | { by: 'preempted'; preemptor: string }
  /** The node is short of something, or the pod takes more of it than it may. */
  | { by: 'evicted'; message: string; graceSeconds: number; isDisruption: boolean }
  /** The node shuts down. */
  | { by: 'node-shutdown'; graceSeconds: number }
  /** Its phase was final before: a pod that has finished never runs again. */
  | { by: 'finished'; phase: 'Succeeded' | 'Failed'; reason?: string; message?: string }
  /** This node did not admit it. */
  | { by: 'rejected'; reason: string; message: string };

/** A pod that is no longer in any source. */
export type Deleted = PodEnd & { by: 'deleted' };

/** A pod that ends for a critical one. */
export type Preempted = PodEnd & { by: 'preempted' };

/** An end that the kubelet imposes on a pod which would have gone on. */
export type Imposed = PodEnd & { by: 'preempted' | 'evicted' | 'node-shutdown' };

/** A pod that this node did not admit. */
export type Rejected = PodEnd & { by: 'rejected' };

/** The end of a pod that was removed from its source at `time`. */
export function deletedAt(time: Date): Deleted {
  return { by: 'deleted', at: time.toISOString().replace(/\.\d+Z$/, 'Z') };
}

/** The end of a pod whose last status is final. */
export function finishedEnd(status: PodStatus | undefined): PodEnd | undefined {
  const { phase, reason, message } = status ?? {};
  if (phase !== 'Succeeded' && phase !== 'Failed') return undefined;
  return { by: 'finished', phase, ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

/** Phase, reason and message of the status of a pod with this end; undefined: computed from its containers. */
export function endedStatus(
  end: PodEnd | undefined,
): { phase: 'Succeeded' | 'Failed'; reason?: string; message?: string } | undefined {
  switch (end?.by) {
    case undefined:
    case 'deleted':
      return undefined;
    case 'finished': {
      const { by: _, ...rest } = end;
      return rest;
    }
    case 'deadline':
      return {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
    case 'preempted':
      return {
        phase: 'Failed',
        reason: 'Preempting',
        message: 'Preempted in order to admit critical pod',
      };
    case 'evicted':
      return { phase: 'Failed', reason: 'Evicted', message: end.message };
    case 'node-shutdown':
      return { phase: 'Failed', reason: shutdownReason, message: shutdownMessage };
    case 'rejected':
      return { phase: 'Failed', reason: end.reason, message: `Pod was rejected: ${end.message}` };
  }
}

const shutdownReason = 'Terminated';
const shutdownMessage = 'Pod was terminated in response to imminent node shutdown.';

/** Whether the last status of a pod says that it ended with its node. */
export function endedByShutdown({ reason, message }: PodStatus): boolean {
  return reason === shutdownReason && message === shutdownMessage;
}

/** What the pod's condition DisruptionTarget says of this end; undefined: it is no disruption. */
export function disruptionMessage(end: PodEnd | undefined): string | undefined {
  switch (end?.by) {
    case 'preempted':
      return 'Pod was preempted by Kubelet to accommodate a critical pod.';
    case 'evicted':
      return end.isDisruption ? end.message : undefined;
    case 'node-shutdown':
      return shutdownMessage;
    default:
      return undefined;
  }
}

/** The grace period that this end gives to the containers, instead of the pod's own; undefined: the pod's own. */
export function graceOf(end: PodEnd): number | undefined {
  return end.by === 'evicted' || end.by === 'node-shutdown' ? end.graceSeconds : undefined;
}

/** Why the containers of the pod are killed, for the log. */
export function killReason(end: PodEnd): string {
  switch (end.by) {
    case 'deleted':
      return 'the pod was deleted';
    case 'deadline':
      return 'the pod was active longer than its deadline';
    case 'preempted':
      return 'a critical pod needs its resources';
    case 'evicted':
      return `the pod is evicted: ${end.message.trimEnd()}`;
    case 'node-shutdown':
      return 'the node shuts down';
    case 'finished':
      return 'the pod has finished';
    case 'rejected':
      return `the pod was rejected: ${end.reason}`;
  }
}
