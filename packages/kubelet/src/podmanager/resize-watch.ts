// Follows resizes from one admission to the next, and tells what becomes of them.
import { isDeepStrictEqual } from 'node:util';
import type { PendingResize } from '../admission/resizes.ts';
import { resourcesOf } from '../api/allocated-resources.ts';
import type { Pod } from '../api/pod.ts';
import type { ResizeMetrics, ResizeTrigger } from '../metrics/resize-metrics.ts';

/** Is told of resizes. */
export type ResizeListener = Pick<ResizeMetrics, 'requested' | 'infeasible' | 'accepted' | 'deferredEnded'>;

/** One admission of all pods. */
export interface Admission {
  trigger: ResizeTrigger;
  /** The desired pods, by UID. */
  desired: ReadonlyMap<string, Pod>;
  /** The admitted pods before and after it, by UID. */
  before: ReadonlyMap<string, Pod>;
  after: ReadonlyMap<string, Pod>;
  pending: ReadonlyMap<string, PendingResize>;
}

/** What resizes wait, and since when. */
export class ResizeWatch {
  readonly #listener: ResizeListener;
  /** By UID, in milliseconds since the epoch. */
  readonly #deferredSince = new Map<string, number>();
  #pending: ReadonlyMap<string, PendingResize> = new Map();

  constructor(listener: ResizeListener) {
    this.#listener = listener;
  }

  /** The sources' pods have changed. Returns why resizes are judged again. */
  sourcesChanged(before: readonly Pod[], after: readonly Pod[]): ResizeTrigger {
    const former = new Map(before.map((pod) => [pod.metadata.uid, pod]));
    let trigger: ResizeTrigger = 'pods_added';
    for (const pod of after) {
      const known = former.get(pod.metadata.uid);
      former.delete(pod.metadata.uid);
      if (!known || known === pod) continue;
      trigger = 'pod_updated';
      this.#listener.requested(known, pod);
    }
    return former.size > 0 ? 'pods_removed' : trigger;
  }

  /** Pods were judged; `pending` has the same objects for what has not changed. */
  admitted({ trigger, desired, before, after, pending }: Admission, now: number): void {
    for (const [uid, since] of this.#deferredSince) {
      const reason = pending.get(uid)?.reason;
      if (reason === 'Deferred') continue;
      this.#deferredSince.delete(uid);
      if (reason === 'Infeasible') continue;
      const pod = desired.get(uid);
      const [had, has] = [before.get(uid), after.get(uid)];
      const isResized = had && has && !isDeepStrictEqual(resourcesOf(had), resourcesOf(has));
      const resolution = !pod || !has ? 'terminated' : isResized ? 'accepted' : 'reverted';
      this.#listener.deferredEnded(pod, resolution, (now - since) / 1000);
      if (resolution === 'accepted') this.#listener.accepted(trigger);
    }
    for (const [uid, resize] of pending) {
      if (resize.reason === 'Deferred' && !this.#deferredSince.has(uid)) this.#deferredSince.set(uid, now);
      if (resize.reason === 'Infeasible' && this.#pending.get(uid) !== resize)
        this.#listener.infeasible(resize.detail);
    }
    this.#pending = pending;
  }
}
