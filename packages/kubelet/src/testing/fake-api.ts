// An API server for unit tests: objects in memory with versions, whose next requests may fail.
import assert from 'node:assert/strict';
import { isObject } from '@berth/common/json/is-object.ts';
import {
  type ApiClient,
  ApiError,
  type ApiObject,
  type ObjectName,
  type Resource,
  type WatchEvent,
} from '../apiserver/api-client.ts';

type Verb = 'get' | 'create' | 'update' | 'patch' | 'deletecollection';

/** Keeps objects, notes requests as `VERB PLURAL/NAME`, and fails where a test says so. */
export class FakeApi {
  readonly requests: string[] = [];
  readonly patches: unknown[] = [];
  readonly #objects = new Map<string, ApiObject>();
  readonly #failures: { request: string; error: Error }[] = [];
  readonly #watches = new Set<(event: WatchEvent<ApiObject>, plural: string) => void>();
  #version = 0;

  /** The next request that is noted as `request` is refused or fails. */
  failNext(request: string, error: Error, times = 1): void {
    for (let index = 0; index < times; index++) this.#failures.push({ request, error });
  }

  /** Sets an object as some other client would. */
  set(plural: string, name: string, object: ApiObject): ApiObject {
    this.#version += 1;
    const { metadata = {} } = object;
    const stored = {
      ...object,
      metadata: { uid: `uid-${name}`, ...metadata, name, resourceVersion: `${this.#version}` },
    };
    const key = `${plural}/${name}`;
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(key, stored);
    for (const tell of this.#watches) tell({ type, object: stored }, plural);
    return stored;
  }

  /** The objects of a kind, then their changes, until the signal fires. */
  async *#watch<T extends ApiObject>(
    plural: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<WatchEvent<T>> {
    const queue: WatchEvent<ApiObject>[] = [...this.#objects]
      .filter(([key]) => key.startsWith(`${plural}/`))
      .map(([, object]) => ({ type: 'ADDED', object }));
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    queue.push({
      type: 'BOOKMARK',
      object: { metadata: { annotations, resourceVersion: `${this.#version}` } },
    });
    let wake = (): void => {};
    const tell = (event: WatchEvent<ApiObject>, of: string): void => {
      if (of === plural) queue.push(event);
      wake();
    };
    this.#watches.add(tell);
    signal?.addEventListener('abort', () => wake());
    while (!signal?.aborted) {
      const event: unknown = queue.shift();
      if (isOf<WatchEvent<T>>(event)) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    this.#watches.delete(tell);
  }

  /** An object as it is. */
  object(plural: string, name: string): ApiObject | undefined {
    return this.#objects.get(`${plural}/${name}`);
  }

  remove(plural: string, name: string): void {
    this.#objects.delete(`${plural}/${name}`);
  }

  readonly client: ApiClient = {
    list: async <T extends ApiObject>({ plural }: Resource) => {
      const items: unknown = [...this.#objects]
        .filter(([key]) => key.startsWith(`${plural}/`))
        .map(([, object]) => object);
      assert.ok(isOf<T[]>(items));
      return { metadata: { resourceVersion: `${this.#version}` }, items };
    },
    delete: async ({ plural }, { name }) => this.remove(plural, name),
    deleteCollection: async ({ plural }, { fieldSelector = '' }) => {
      this.#answer('deletecollection', { plural }, fieldSelector, () => {
        for (const key of this.#objects.keys()) if (key.startsWith(`${plural}/`)) this.#objects.delete(key);
        return {};
      });
    },
    watch: ({ plural }, _selection, { signal }) => this.#watch(plural, signal),
    get: async <T extends ApiObject>(resource: Resource, { name }: ObjectName) => {
      return this.#answer<T>('get', resource, name, (key) => this.#existing(key));
    },
    create: async <T extends ApiObject>({ plural }: Resource, _where: object, object: T) => {
      const name = object.metadata?.name ?? '';
      return this.#answer<T>('create', { plural }, name, (key) => {
        if (this.#objects.has(key)) throw apiError(409, 'AlreadyExists');
        return this.set(plural, name, object);
      });
    },
    update: async <T extends ApiObject>({ plural }: Resource, { name }: ObjectName, object: T) => {
      return this.#answer<T>('update', { plural }, name, (key) => {
        const { metadata } = this.#existing(key);
        if (metadata?.resourceVersion !== object.metadata?.resourceVersion) throw apiError(409, 'Conflict');
        return this.set(plural, name, object);
      });
    },
    patch: async <T extends ApiObject>(
      { plural }: Resource,
      { name }: ObjectName,
      _type: string,
      patch: unknown,
    ) => {
      return this.#answer<T>('patch', { plural }, name, (key) => {
        this.patches.push(patch);
        const object = this.#existing(key);
        return this.set(plural, name, { ...object, ...(isObject(patch) && { patched: patch }) });
      });
    },
  };

  #existing(key: string): ApiObject {
    const object = this.#objects.get(key);
    if (object === undefined) throw apiError(404, 'NotFound');
    return object;
  }

  #answer<T extends ApiObject>(
    verb: Verb,
    { plural }: Pick<Resource, 'plural'>,
    name: string,
    act: (key: string) => ApiObject,
  ): T {
    const request = `${verb} ${plural}/${name}`;
    this.requests.push(request);
    const failure = this.#failures.findIndex((each) => each.request === request);
    const [failed] = failure === -1 ? [] : this.#failures.splice(failure, 1);
    if (failed) throw failed.error;
    const answer: unknown = act(`${plural}/${name}`);
    assert.ok(isOf<T>(answer));
    return answer;
  }
}

/** A test knows what it has stored. */
function isOf<T>(value: unknown): value is T {
  return typeof value === 'object';
}

/** An answer of an API server that refuses. */
export function apiError(code: number, reason: string): ApiError {
  return new ApiError({ reason, message: reason }, code);
}
