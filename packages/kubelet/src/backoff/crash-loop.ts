// The waits of crashing containers: their keys, and what a status shows meanwhile.
import { formatDuration } from '../api/duration.ts';
import type { PodIdentity } from '../api/pod.ts';

/** Key of a container's crash back-off. */
export function crashBackoffKey(pod: Pick<PodIdentity, 'uid'>, container: string): string {
  return `${pod.uid}/${container}`;
}

/** What the status of a crashing container shows while it waits. */
export function crashLoopMessage(pod: PodIdentity, container: string, delayMs: number): string {
  const wait = formatDuration(delayMs);
  return `back-off ${wait} restarting failed container=${container} pod=${pod.name}_${pod.namespace}(${pod.uid})`;
}
