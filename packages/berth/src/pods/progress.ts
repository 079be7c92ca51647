// Judges from a pod's status whether waiting for it makes sense.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

/** The progress of a pod, for a waiting command. */
export type PodProgress =
  | { readonly state: 'waiting'; readonly message: string }
  /** Ready, or finished if the pod runs to completion. */
  | { readonly state: 'done'; readonly message: string }
  /** It cannot become ready without a change by the user. */
  | { readonly state: 'failed'; readonly message: string };

/** Waiting reasons of a container that waiting does not resolve. */
const hopeless = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);

/** Judges a pod by its status. `undefined` is a pod that the kubelet does not list yet. */
export function podProgress(pod: v1.Pod | undefined): PodProgress {
  const status = pod?.status;
  if (pod === undefined || status === undefined)
    return { state: 'waiting', message: 'waiting for the kubelet' };
  if (status.phase === 'Succeeded') return { state: 'done', message: 'Completed' };
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  if (status.phase === 'Failed') {
    const ended = statuses.find(
      ({ state }) => state?.terminated !== undefined && state.terminated.exitCode !== 0,
    );
    const why = ended === undefined ? undefined : terminationMessage(ended);
    return {
      state: 'failed',
      message: [status.reason, status.message, why].filter(Boolean).join(': ') || 'Failed',
    };
  }
  for (const container of statuses) {
    const waiting = container.state?.waiting;
    if (waiting?.reason === undefined || !hopeless.has(waiting.reason)) continue;
    const last =
      container.lastState?.terminated === undefined ? '' : ` (${terminationMessage(container, 'last')})`;
    const detail = waiting.message === undefined ? '' : `: ${waiting.message}`;
    return { state: 'failed', message: `container ${container.name}: ${waiting.reason}${detail}${last}` };
  }
  if (status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) {
    return { state: 'done', message: 'Running' };
  }
  return { state: 'waiting', message: waitingFor(statuses) };
}

function waitingFor(statuses: readonly v1.ContainerStatus[]): string {
  const unready = statuses.find(({ ready, state }) => !ready && state?.terminated?.exitCode !== 0);
  if (unready === undefined) return 'starting';
  const { waiting, running } = unready.state ?? {};
  if (running !== undefined) return `container ${unready.name} runs, not ready yet`;
  const detail = waiting?.message === undefined ? '' : `: ${waiting.message}`;
  return `container ${unready.name}: ${waiting?.reason ?? 'waiting'}${detail}`;
}

function terminationMessage(
  { name, state, lastState }: v1.ContainerStatus,
  which: 'now' | 'last' = 'now',
): string {
  const terminated = which === 'now' ? state?.terminated : lastState?.terminated;
  const detail = terminated?.message === undefined ? '' : `: ${terminated.message.trim()}`;
  const subject = which === 'now' ? `container ${name} ended` : 'it ended';
  // The exit code says as much as Error, and less than OOMKilled.
  const { reason = 'Error' } = terminated ?? {};
  return `${subject} with exit code ${terminated?.exitCode}${reason === 'Error' ? '' : ` (${reason})`}${detail}`;
}
