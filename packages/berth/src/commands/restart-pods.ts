// `berth restart POD…`: ends pods gracefully and starts them again, each as a new pod in a new sandbox.
import { connectCri } from '@berth/cri/client/client.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { podsOf, restartPod } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { findPods, fullName } from '../pods/find.ts';
import { displayName } from '../pods/identity.ts';
import { type PodProgress, podProgress } from '../pods/progress.ts';
import { PodWatch } from '../pods/watch.ts';
import { type Output, StatusLines } from '../terminal/status-lines.ts';

export interface RestartOptions {
  /** Timeout in seconds for the pods to be ready again. */
  readonly timeout: number;
}

/**
 * Restarts pods and waits until they are ready.
 * @throws UserError for a pod that cannot be restarted, or does not become ready
 */
export async function restartPods(
  layout: NodeLayout,
  words: readonly string[],
  { timeout }: RestartOptions,
  output: Output = process.stdout,
): Promise<void> {
  const before = findPods(words, await podsOf(layout));
  const lines = new StatusLines(output);
  const client = connectCri(layout.socket);
  let failures: string[] = [];
  try {
    await using watch = new PodWatch(layout, client);
    for (const pod of before) await restartPod(layout, fullName(pod));
    const inTime = await watch.until(timeout * 1000, (pods) => {
      const states = before.map((pod) => ({
        name: displayName(pod),
        progress: restartProgress(pod, pods, Date.now()),
      }));
      for (const { name, progress } of states) {
        const mark = progress.state === 'done' ? 'ok' : progress.state === 'failed' ? 'FAIL' : 'wait';
        lines.set(name, mark, `pod ${name}   ${progress.message}`);
      }
      failures = states.flatMap(({ name, progress }) =>
        progress.state === 'done' ? [] : [`pod ${name}: ${progress.message}`],
      );
      return states.every(({ progress }) => progress.state !== 'waiting');
    });
    if (!inTime) failures.push(`not every pod was ready after ${timeout} s (--timeout)`);
  } finally {
    lines.end();
    client.close();
  }
  if (failures.length > 0) throw new UserError(failures.join('\n'));
}

/** How far the restart of a pod is: all that was there before must have gone. `now` in ms since the epoch. Pure. */
export function restartProgress(before: v1.Pod, pods: readonly v1.Pod[], now: number): PodProgress {
  const pod = pods.find(({ metadata }) => metadata?.uid === before.metadata?.uid);
  const former = new Set(containerIds(before));
  const isFormer =
    pod?.metadata?.deletionTimestamp !== undefined || containerIds(pod).some((id) => former.has(id));
  if (isFormer) return { state: 'waiting', message: 'ending' };
  const counts = new Map(statuses(before).map(({ name, restartCount }) => [name, restartCount]));
  // The restart itself may count as one.
  const restartsBefore = (name: string) => (counts.get(name) ?? 0) + 1;
  return podProgress({ pod, former: [], rejection: undefined, pulls: [], restartsBefore, now });
}

function statuses(pod: v1.Pod | undefined): v1.ContainerStatus[] {
  return [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
}

function containerIds(pod: v1.Pod | undefined): string[] {
  return statuses(pod).flatMap(({ containerID }) => containerID ?? []);
}
