// The strategies Cache and Get: each ConfigMap or Secret is read again before a round of a pod when the last answer is older
// than a time to live, which is 0 for Get. What is missing is looked for meanwhile, as a pod may wait for it.
import type { Pod } from '../../api/pod.ts';
import { type ApiClient, hasApiCode } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import { isOtherVersion } from '../../objects/change-detection.ts';
import { refsByKey } from '../../objects/joined-objects.ts';
import { type ObjectRef, objectKey } from '../../objects/objects.ts';
import { objectRefs } from '../../objects/refs.ts';
import type { ConfigMap, NodeObject, Secret } from '../../objects/types.ts';
import { objectResources, readServedObject } from './object-resources.ts';
import type { OnObjects, ReferredObjects } from './server-objects.ts';

const log = createLogger('fetched-objects.ts');

/** How often a missing object is looked for. */
const missingMs = 10_000;

/** The parameters of these strategies. */
export interface FetchedObjectsPorts {
  client: Pick<ApiClient, 'get'>;
  /** How long an answer counts, in milliseconds. */
  ttlMs(): number;
  onChanged: OnObjects;
}

/** One object that pods refer to. */
interface Entry {
  ref: ObjectRef;
  object: NodeObject | undefined;
  /** When the server answered last. */
  readAt: number;
  /** Why it did not, the last time; undefined: it did. */
  error: unknown;
  /** The request under way. */
  reading: Promise<void> | undefined;
}

/** The objects that are asked for. */
export class FetchedObjects implements ReferredObjects {
  readonly #ports: FetchedObjectsPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** The pods of the last call, by UID: a pod that changed gets what is newest. */
  #pods: ReadonlyMap<string, Pod> = new Map();

  constructor(ports: FetchedObjectsPorts) {
    this.#ports = ports;
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
    for (const key of this.#entries.keys()) if (!wanted.has(key)) this.#entries.delete(key);
    for (const [key, ref] of wanted) {
      if (this.#entries.has(key)) continue;
      const entry = {
        ref,
        object: undefined,
        readAt: Number.NEGATIVE_INFINITY,
        error: undefined,
        reading: undefined,
      };
      this.#entries.set(key, entry);
    }
    const changed = pods.filter((pod) => this.#pods.get(pod.metadata.uid) !== pod);
    for (const entry of this.#entriesOf(changed)) entry.readAt = Number.NEGATIVE_INFINITY;
    this.#pods = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  }

  async load(pod: Pod): Promise<void> {
    const oldest = performance.now() - this.#ports.ttlMs();
    const stale = this.#entriesOf([pod]).filter(
      ({ object, readAt, error }) => !object?.object.immutable && (error !== undefined || readAt <= oldest),
    );
    await Promise.all(stale.map((entry) => this.#fetch(entry)));
    if (stale.some(({ object }) => object === undefined)) this.#lookLater();
  }

  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  #entriesOf(pods: readonly Pod[]): Entry[] {
    return pods.flatMap(objectRefs).flatMap((ref) => {
      const entry = this.#entries.get(objectKey(ref));
      return entry ? [entry] : [];
    });
  }

  /** Asks for the object, once at a time. Never rejects. */
  async #fetch(entry: Entry): Promise<void> {
    entry.reading ??= this.#ask(entry).finally(() => {
      entry.reading = undefined;
    });
    await entry.reading;
  }

  async #ask(entry: Entry): Promise<void> {
    const { kind, namespace, name } = entry.ref;
    const { signal } = this.#stopped;
    try {
      const value: unknown = await this.#ports.client.get(
        objectResources[kind],
        { namespace, name },
        { signal },
      );
      entry.object = readServedObject(kind, value);
    } catch (error) {
      if (!hasApiCode(error, 404)) {
        entry.error = error;
        if (!signal.aborted) log.error('Cannot read an object', { err: error, object: objectKey(entry.ref) });
        return;
      }
      entry.object = undefined;
    }
    entry.error = undefined;
    entry.readAt = performance.now();
  }

  /** What an earlier answer has counts while the server does not answer. */
  #read(ref: ObjectRef): NodeObject | undefined {
    const entry = this.#entries.get(objectKey(ref));
    if (entry?.error !== undefined && entry.object === undefined) {
      throw new Error(`cannot read ${objectKey(ref)} from the API server`, { cause: entry.error });
    }
    return entry?.object;
  }

  /** Looks for missing objects, and wakes the pods that wait for one that is there now. */
  #lookLater(): void {
    if (this.#stopped.signal.aborted) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, missingMs);
  }

  async #look(): Promise<void> {
    const missing = [...this.#entries.values()].filter(({ object }) => object === undefined);
    await Promise.all(missing.map((entry) => this.#fetch(entry)));
    const found = missing.filter(({ object }) => isOtherVersion(undefined, object));
    if (found.length > 0) this.#ports.onChanged(found.map(({ ref }) => ref));
    if (found.length < missing.length) this.#lookLater();
  }
}
