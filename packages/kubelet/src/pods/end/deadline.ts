// `activeDeadlineSeconds`. https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
import type { Pod, PodStatus } from '../../api/pod.ts';
import type { PodEnd } from './pod-end.ts';

/** The pod's deadline, in milliseconds since the epoch; undefined when it has none. */
export function deadlineOf(pod: Pod, startedAt: number): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined ? undefined : startedAt + seconds * 1000;
}

/** The end by deadline at `now`; none for a pod that finished in time. A pod that missed its deadline stays failed. */
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
