// The strategy Watch: each ConfigMap or Secret is watched by its name, as long as a pod refers to it. One that is immutable
// is read once.
import type { Pod } from '../../api/pod.ts';
import { untilOrFor } from '../../apiserver/wait.ts';
import { createLogger } from '../../klog/klog.ts';
import { isOtherVersion } from '../../objects/change-detection.ts';
import { refsByKey } from '../../objects/joined-objects.ts';
import { type ObjectRef, objectKey } from '../../objects/objects.ts';
import { objectRefs } from '../../objects/refs.ts';
import type { ConfigMap, NodeObject, Secret } from '../../objects/types.ts';
import { readServedObject } from './object-resources.ts';
import { maxWaitMs, notSynced, type OnObjects, type ReferredObjects } from './server-objects.ts';

const log = createLogger('watched-objects.ts');

/** Watches one object. Calls `onObject` as soon as it was read and after each change; undefined: there is none. */
export type WatchObject = (ref: ObjectRef, onObject: (object: unknown) => void) => { stop(): void };

/** One object that pods refer to. */
interface Entry {
  ref: ObjectRef;
  watch: { stop(): void } | undefined;
  /** Whether the server has answered. */
  isRead: boolean;
  object: NodeObject | undefined;
  /** Resolved by the first answer, or when a pod has waited long enough. */
  read: PromiseWithResolvers<void>;
  askedAt: number;
  /** Whether a pod has waited long enough, and goes on without it. */
  isGivenUp: boolean;
}

/** The objects that are watched. */
export class WatchedObjects implements ReferredObjects {
  readonly #watch: WatchObject;
  readonly #onChanged: OnObjects;
  readonly #entries = new Map<string, Entry>();

  constructor(watch: WatchObject, onChanged: OnObjects) {
    this.#watch = watch;
    this.#onChanged = onChanged;
  }

  has(ref: ObjectRef): boolean {
    return this.#entries.has(objectKey(ref));
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    const found = this.#read({ kind: 'ConfigMap', namespace, name });
    return found?.kind === 'ConfigMap' ? found.object : undefined;
  }

  secret(namespace: string, name: string): Secret | undefined {
    const found = this.#read({ kind: 'Secret', namespace, name });
    return found?.kind === 'Secret' ? found.object : undefined;
  }

  setPods(pods: readonly Pod[]): void {
    const wanted = refsByKey(pods.flatMap(objectRefs));
    for (const [key, entry] of this.#entries) {
      if (wanted.has(key)) continue;
      entry.watch?.stop();
      entry.read.resolve();
      this.#entries.delete(key);
    }
    for (const [key, ref] of wanted) if (!this.#entries.has(key)) this.#begin(key, ref);
  }

  async load(pod: Pod): Promise<void> {
    const unread = objectRefs(pod).flatMap((ref) => {
      const entry = this.#entries.get(objectKey(ref));
      return entry && !entry.isRead ? [entry] : [];
    });
    if (unread.length === 0) return;
    const patience = Math.max(...unread.map(({ askedAt }) => askedAt + maxWaitMs - performance.now()));
    await untilOrFor(Promise.all(unread.map(({ read }) => read.promise)), patience);
    for (const entry of unread) entry.isGivenUp ||= !entry.isRead;
  }

  stop(): void {
    for (const { watch, read } of this.#entries.values()) {
      watch?.stop();
      read.resolve();
    }
    this.#entries.clear();
  }

  #begin(key: string, ref: ObjectRef): void {
    const entry: Entry = {
      ref,
      watch: undefined,
      isRead: false,
      object: undefined,
      read: Promise.withResolvers(),
      askedAt: performance.now(),
      isGivenUp: false,
    };
    this.#entries.set(key, entry);
    entry.watch = this.#watch(ref, (object) => {
      if (this.#entries.get(key) === entry) this.#take(entry, object);
    });
    // It may have been read at once.
    if (entry.object?.object.immutable) this.#end(entry);
  }

  #take(entry: Entry, value: unknown): void {
    const wasRead = entry.isRead;
    const before = entry.object;
    try {
      entry.object = value === undefined ? undefined : readServedObject(entry.ref.kind, value);
    } catch (err) {
      log.error('Ignoring an object of the API server', { err, object: objectKey(entry.ref) });
      return;
    }
    entry.isRead = true;
    entry.read.resolve();
    if (entry.object?.object.immutable) this.#end(entry);
    // A pod that has given up waiting looks again.
    const isLate = !wasRead && entry.isGivenUp;
    if (isLate || (wasRead && isOtherVersion(before, entry.object))) this.#onChanged([entry.ref]);
  }

  #end(entry: Entry): void {
    entry.watch?.stop();
    entry.watch = undefined;
  }

  #read(ref: ObjectRef): NodeObject | undefined {
    const entry = this.#entries.get(objectKey(ref));
    if (entry && !entry.isRead) throw notSynced(ref.kind);
    return entry?.object;
  }
}
