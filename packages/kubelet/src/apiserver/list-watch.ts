// Knows all objects of a selection: lists them, watches their changes, and does both again after every failure.
import { sleepUntilAborted, untilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../klog/klog.ts';
import {
  type ApiClient,
  ApiError,
  type ApiObject,
  type Resource,
  type Selection,
  type WatchEvent,
} from './api-client.ts';
import {
  type Failure,
  failureOf,
  firstStep,
  initialState,
  nextStep,
  type Outcome,
  type Step,
  watchTimeoutSeconds,
} from './list-watch-steps.ts';
import { apiKey, type ObjectHandlers, ObjectStore } from './object-store.ts';

const log = createLogger('list-watch.ts');

const endOfObjects = 'k8s.io/initial-events-end';
/** Maximum number of objects that a stream may begin with. */
const maxObjects = 200_000;

/** What to know, and whom to tell. A handler that throws is logged. */
export interface ListWatchOptions<T extends ApiObject> extends ObjectHandlers<T> {
  client: ApiClient;
  resource: Resource;
  selection?: Selection;
  /** Makes of an object what is kept and told. */
  transform?(object: T): T;
  /** All objects are known: after the first list, also an empty one, and after each later one. */
  onSynced?(): void;
  /** For tests: a number from 0 to 1, and the pauses. */
  random?: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Keeps the objects of a selection as the API server has them (client-go's reflector and store).
 *
 * @example
 * import type { ApiClient, ApiObject } from '@berth/kubelet/apiserver/api-client.ts';
 *
 * function watchPods(client: ApiClient, node: string): ListWatch<ApiObject> {
 *   return new ListWatch({
 *     client,
 *     resource: { group: '', version: 'v1', plural: 'pods' },
 *     selection: { fieldSelector: `spec.nodeName=${node}` },
 *     onAdd: (pod) => console.log('new', pod.metadata?.name),
 *   });
 * }
 */
export class ListWatch<T extends ApiObject> implements AsyncDisposable {
  readonly #options: ListWatchOptions<T>;
  readonly #store: ObjectStore<T>;
  readonly #stopping = new AbortController();
  readonly #firstSync = Promise.withResolvers<void>();
  #hasSynced = false;
  #running: Promise<void> | undefined;

  constructor(options: ListWatchOptions<T>) {
    this.#options = options;
    const guarded =
      <Arguments extends unknown[]>(handler: ((...given: Arguments) => void) | undefined) =>
      (...given: Arguments): void =>
        this.#tell(() => handler?.(...given));
    this.#store = new ObjectStore<T>(
      {
        onAdd: guarded(options.onAdd?.bind(options)),
        onUpdate: guarded(options.onUpdate?.bind(options)),
        onDelete: guarded(options.onDelete?.bind(options)),
      },
      (object) => options.transform?.(object) ?? object,
    );
  }

  /** Begins; once. */
  start(): this {
    this.#running ??= this.#run(this.#stopping.signal);
    return this;
  }

  /** Ends; resolves when no handler is called any more. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the watch was stopped'));
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Whether all objects were known once. */
  hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves when all objects are known for the first time. */
  async synced(signal?: AbortSignal): Promise<void> {
    await untilAborted(this.#firstSync.promise, signal);
  }

  /** An object by its key, `namespace/name` or a name. */
  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  /** All objects. */
  list(): T[] {
    return this.#store.values();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { random = Math.random, sleep = sleepUntilAborted } = this.#options;
    let state = initialState;
    let step = firstStep(state);
    while (!signal.aborted) {
      const outcome = await this.#do(step, signal, random());
      if (signal.aborted) return;
      const next = nextStep(state, step, outcome, { nowMs: performance.now(), random: random() });
      state = next.state;
      step = next.step;
      if (next.pauseMs > 0) await sleep(next.pauseMs, signal);
    }
  }

  async #do(step: Step, signal: AbortSignal, random: number): Promise<Outcome> {
    return step.do === 'list'
      ? await this.#list(step.resourceVersion, signal)
      : await this.#watch(step, signal, random);
  }

  async #list(resourceVersion: string | undefined, signal: AbortSignal): Promise<Outcome> {
    const { client, resource, selection } = this.#options;
    const version = resourceVersion === undefined ? {} : { resourceVersion };
    try {
      const { items, metadata } = await client.list<T>(resource, selection, { signal, ...version });
      this.#replace(items);
      return { end: 'listed', resourceVersion: metadata.resourceVersion ?? '' };
    } catch (error) {
      return { end: 'failed', failure: this.#failure(error, 'Failed to list', signal) };
    }
  }

  /** A watch, and what a stream begins with: objects that count only when all of them are there. */
  async #watch(step: Exclude<Step, { do: 'list' }>, signal: AbortSignal, random: number): Promise<Outcome> {
    const { client, resource, selection = {} } = this.#options;
    const version = step.resourceVersion === undefined ? {} : { resourceVersion: step.resourceVersion };
    const started = performance.now();
    let initial: Map<string, T> | undefined = step.do === 'stream' ? new Map() : undefined;
    let resourceVersion = step.do === 'watch' ? step.resourceVersion : '';
    let events = 0;
    let failure: Failure | undefined;
    try {
      const watch = client.watch<T>(resource, selection, {
        signal,
        timeoutSeconds: watchTimeoutSeconds(random),
        sendsInitialEvents: initial !== undefined,
        ...version,
      });
      for await (const event of watch) {
        if (event.type === 'ERROR') throw new ApiError(event.object, event.object.code ?? 500);
        events += 1;
        resourceVersion = event.object.metadata?.resourceVersion ?? resourceVersion;
        if (initial === undefined) this.#apply(event);
        else if (collect(initial, event)) {
          this.#replace([...initial.values()]);
          initial = undefined;
        }
      }
    } catch (error) {
      failure = this.#failure(error, 'Failed to watch', signal);
    }
    // What a stream has brought until it broke is not all.
    if (initial !== undefined) return { end: 'failed', failure: failure ?? 'unreachable' };
    if (step.do === 'watch' && events === 0 && failure !== undefined) return { end: 'failed', failure };
    const lastedMs = performance.now() - started;
    return { end: 'watched', resourceVersion, events, lastedMs, ...(failure && { failure }) };
  }

  #apply(event: Exclude<WatchEvent<T>, { type: 'ERROR' }>): void {
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') this.#store.remove(event.object);
    else this.#store.put(event.object);
  }

  #replace(objects: readonly T[]): void {
    this.#store.replace(objects);
    if (!this.#hasSynced) log.v(2, 'Caches populated', this.#fields());
    this.#hasSynced = true;
    this.#tell(() => this.#options.onSynced?.());
    this.#firstSync.resolve();
  }

  #tell(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      log.error('A handler of an object failed', { ...this.#fields(), err: messageOf(error) });
    }
  }

  #failure(error: unknown, what: string, signal: AbortSignal): Failure {
    const failure = failureOf(error);
    if (signal.aborted) return failure;
    // What a restart of the API server brings about, for each watch.
    const isNormal = failure === 'expired' || (failure === 'unreachable' && what === 'Failed to watch');
    if (isNormal) log.v(2, what, { ...this.#fields(), err: messageOf(error) });
    else log.error(what, { ...this.#fields(), err: messageOf(error) });
    return failure;
  }

  #fields(): Record<string, unknown> {
    const { resource, selection = {} } = this.#options;
    return { type: resource.plural, ...selection };
  }
}

/** Adds an event of the beginning of a stream; true: these are all objects. */
function collect<T extends ApiObject>(
  objects: Map<string, T>,
  event: Exclude<WatchEvent<T>, { type: 'ERROR' }>,
): boolean {
  if (event.type === 'BOOKMARK') return event.object.metadata?.annotations?.[endOfObjects] === 'true';
  if (event.type === 'DELETED') objects.delete(apiKey(event.object));
  else objects.set(apiKey(event.object), event.object);
  if (objects.size > maxObjects) throw new Error(`there are more than ${maxObjects} objects, the limit`);
  return false;
}
