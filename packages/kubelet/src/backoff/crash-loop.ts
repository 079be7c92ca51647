// CrashLoopBackOff: a container that crashes waits longer and longer before it is started again.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts
import { formatGoDuration } from '@berth/common/go-duration.ts';
import type { Container, PodIdentity } from '../api/pod.ts';
import { Backoff, type Wait } from './backoff.ts';

const initialMs = 10_000;
/** Whatever the longest wait: a container that ran for so long restarts at once. */
const forgetAfterMs = 600_000;

/**
 * The waits of crashing containers, by pod and container; another image or other resources make another container. Times
 * are milliseconds since the epoch.
 */
export class CrashLoopBackoff {
  readonly #backoff: Backoff;

  /** `maxMs`: the longest wait. */
  constructor(maxMs: number) {
    this.#backoff = new Backoff({ initialMs, maxMs, forgetAfterMs });
  }

  /** The wait that is running at `now` for a container that ended at `finishedAt`; undefined: start it. */
  waiting(podUid: string, container: Container, finishedAt: number, now: number): Wait | undefined {
    return this.#backoff.waiting(keyOf(podUid, container), finishedAt, now);
  }

  /** Records an attempt at `now` to restart a container that ended at `finishedAt`: the next wait is longer. */
  restarts(podUid: string, container: Container, finishedAt: number, now: number): void {
    const key = keyOf(podUid, container);
    this.#backoff.next(key, finishedAt, now);
    this.#backoff.forget(`${podUid}/${container.name}/`, key);
  }

  /** Drops the waits of a removed pod. */
  forget(podUid: string): void {
    this.#backoff.forget(`${podUid}/`);
  }
}

function keyOf(podUid: string, { name, image, resources }: Container): string {
  return `${podUid}/${name}/${image}/${JSON.stringify(resources)}`;
}

/** What the status of a crashing container shows while it waits. */
export function crashLoopMessage(pod: PodIdentity, container: string, delayMs: number): string {
  const wait = formatGoDuration(delayMs);
  return `back-off ${wait} restarting failed container=${container} pod=${pod.name}_${pod.namespace}(${pod.uid})`;
}
