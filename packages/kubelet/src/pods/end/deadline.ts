// `activeDeadlineSeconds`. https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
import type { Pod, PodStatus } from '../../api/pod.ts';
import type { PodEnd } from './pod-end.ts';

/** When the pod's deadline is over, in milliseconds since the epoch; undefined: it has none. */
export function deadlineOf(pod: Pod, startedAt: number): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined ? undefined : startedAt + seconds * 1000;
}

/** The end by deadline at `now`. A pod that finished in time has not missed it; one that missed it stays failed. */
export function deadlineEnd(
  pod: Pod,
  startedAt: number,
  status: PodStatus | undefined,
  now: number,
): PodEnd | undefined {
  if (status?.reason === 'DeadlineExceeded') return { by: 'deadline' };
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  const deadline = deadlineOf(pod, startedAt);
  return deadline !== undefined && now >= deadline ? { by: 'deadline' } : undefined;
}
