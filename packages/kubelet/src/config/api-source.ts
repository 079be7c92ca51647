// The pods of an API server that are bound to this node.
import type { ServedPod } from '../api/served-pod.ts';
import { createLogger } from '../klog/klog.ts';
import { desiredPods, type ServedPods, updateApiPods } from './api-pods.ts';
import type { PodSource, PodUpdate } from './pod-source.ts';

const log = createLogger('api-source.ts');

/** Lists and watches the pods of this node. Calls `onObjects` with all of them, at first and after each change. */
export interface PodFeed {
  start(onObjects: (objects: readonly unknown[]) => void): void;
  stop(): Promise<void>;
}

/** The API server as a source of pods. Says nothing before it was heard. */
export class ApiSource implements PodSource {
  readonly name = 'api';
  readonly #feed: PodFeed;
  #onUpdate: (update: PodUpdate) => void = () => {};
  #served: ServedPods | undefined;
  #pods: PodUpdate['pods'] = [];
  /** Problems that were logged, by pod. */
  #told: ReadonlyMap<string, string> = new Map();

  constructor(feed: PodFeed) {
    this.#feed = feed;
  }

  start(onUpdate: (update: PodUpdate) => void): void {
    this.#onUpdate = onUpdate;
    this.#feed.start((objects) => this.#take(objects));
  }

  async stop(): Promise<void> {
    this.#onUpdate = () => {};
    await this.#feed.stop();
  }

  #take(objects: readonly unknown[]): void {
    const isFirst = this.#served === undefined;
    const { served, isDesiredChanged, unreadable } = updateApiPods(
      this.#served ?? new Map<string, ServedPod>(),
      objects,
      new Date(),
    );
    this.#served = served;
    for (const [pod, err] of unreadable) {
      if (this.#told.get(pod) !== err) log.error('Ignoring a pod of the API server', { pod, err });
    }
    this.#told = unreadable;
    const isSet = isFirst || isDesiredChanged;
    if (isSet) this.#pods = desiredPods(served);
    this.#onUpdate({
      op: isSet ? 'set' : 'reconcile',
      source: this.name,
      pods: this.#pods,
      objects: [],
      files: new Map(),
      rejected: [],
      served,
    });
  }
}
