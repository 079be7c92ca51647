// An API server for system tests of a kubelet in this process: objects in memory that can be listed and watched, pods that
// are deleted gracefully, statuses that are patched. It validates nothing.
import { EventEmitter, on } from 'node:events';
import { isObject } from '@berth/common/json/is-object.ts';
import type { DeleteOptions } from 'kubernetes-types/meta/v1.d.ts';
import type {
  ApiClient,
  ApiObject,
  ObjectName,
  Resource,
  Selection,
  WatchEvent,
  WatchOptions,
} from '../apiserver/api-client.ts';
import type { ApiConnection } from '../apiserver/api-connection.ts';
import { apiError } from './fake-api.ts';

type JsonObject = Record<string, unknown>;
type Change = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; plural: string; version: number; object: ApiObject };

/** Objects in memory. */
export class MemoryApi {
  readonly #objects = new Map<string, ApiObject>();
  readonly #changes: Change[] = [];
  readonly #told = new EventEmitter().setMaxListeners(0);
  #version = 0;

  /** An object as it is. */
  object<T = ApiObject>(plural: string, name: string, namespace = 'default'): T | undefined {
    const found: unknown = this.#objects.get(keyOf(plural, { name, namespace }));
    return isOf<T>(found) ? found : undefined;
  }

  /** Creates or replaces an object as some other client would. */
  put(plural: string, object: ApiObject): ApiObject {
    const { name = '', namespace } = object.metadata ?? {};
    const former = this.#objects.get(keyOf(plural, { name, ...(namespace && { namespace }) }));
    this.#version += 1;
    const stored: ApiObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: former?.metadata?.uid ?? `uid-${name}-${this.#version}`,
        resourceVersion: `${this.#version}`,
      },
    };
    this.#objects.set(keyOf(plural, { name, ...(namespace && { namespace }) }), stored);
    this.#tell(former ? 'MODIFIED' : 'ADDED', plural, stored);
    return stored;
  }

  /** Deletes an object: a pod gracefully, unless that is not wanted. */
  remove(plural: string, where: ObjectName, { gracePeriodSeconds, preconditions }: DeleteOptions = {}): void {
    const object = this.#existing(plural, where);
    if (preconditions?.uid && preconditions.uid !== object.metadata?.uid) throw apiError(409, 'Conflict');
    const spec: unknown = Reflect.get(object, 'spec');
    const usual = isObject(spec) ? spec.terminationGracePeriodSeconds : undefined;
    const seconds = gracePeriodSeconds ?? (typeof usual === 'number' ? usual : 0);
    if (plural === 'pods' && seconds > 0) {
      const deletionTimestamp = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z/, 'Z');
      const metadata = { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds };
      this.put(plural, { ...object, metadata });
      return;
    }
    this.#version += 1;
    this.#objects.delete(keyOf(plural, where));
    const metadata = { ...object.metadata, resourceVersion: `${this.#version}` };
    this.#tell('DELETED', plural, { ...object, metadata });
  }

  /** As a kubelet connects to it. */
  connection(): ApiConnection {
    const { client } = this;
    return { client, heartbeat: client, events: client, closeConnections: () => {} };
  }

  readonly client: ApiClient = {
    get: async <T extends ApiObject>({ plural }: Resource, where: ObjectName) =>
      typed<T>(this.#existing(plural, where)),
    list: async <T extends ApiObject>({ plural }: Resource, selection: Selection = {}) => ({
      metadata: { resourceVersion: `${this.#version}` },
      items: this.#selected(plural, selection).map((object) => typed<T>(object)),
    }),
    watch: <T extends ApiObject>(resource: Resource, selection: Selection, options: WatchOptions) =>
      this.#watch<T>(resource, selection, options),
    create: async <T extends ApiObject>(
      { plural }: Resource,
      { namespace }: { namespace?: string },
      object: T,
      options: { subresource?: string } = {},
    ) => {
      if (options.subresource === 'token') {
        const expirationTimestamp = new Date(Date.now() + 3_600_000).toISOString();
        return typed<T>({ ...object, ...{ status: { token: 'a.b.c', expirationTimestamp } } });
      }
      const metadata = { ...object.metadata, ...(namespace && { namespace }) };
      const name = metadata.name ?? `generated-${this.#version}`;
      if (this.#objects.has(keyOf(plural, { name, ...(namespace && { namespace }) })))
        throw apiError(409, 'AlreadyExists');
      const status = plural === 'pods' ? { status: { phase: 'Pending' } } : {};
      return typed<T>(this.put(plural, { ...object, ...status, metadata: { ...metadata, name } }));
    },
    update: async <T extends ApiObject>({ plural }: Resource, _where: ObjectName, object: T) =>
      typed<T>(this.put(plural, object)),
    patch: async <T extends ApiObject>(
      { plural }: Resource,
      where: ObjectName,
      _type: string,
      patch: unknown,
    ) => {
      const object = this.#existing(plural, where);
      const { metadata, ...rest } = isObject(patch) ? patch : {};
      const uid: unknown = isObject(metadata) ? metadata.uid : undefined;
      if (uid !== undefined && uid !== object.metadata?.uid) throw apiError(409, 'Conflict');
      return typed<T>(this.put(plural, typed(merged({ ...object }, rest))));
    },
    delete: async ({ plural }: Resource, where: ObjectName, options: DeleteOptions = {}) =>
      this.remove(plural, where, options),
    deleteCollection: async ({ plural }: Resource, selection: Selection) => {
      for (const { metadata } of this.#selected(plural, selection)) {
        const { name = '', namespace } = metadata ?? {};
        this.remove(plural, { name, ...(namespace && { namespace }) });
      }
    },
  };

  async *#watch<T extends ApiObject>(
    { plural }: Resource,
    selection: Selection,
    { resourceVersion, sendsInitialEvents, signal }: WatchOptions,
  ): AsyncIterable<WatchEvent<T>> {
    let seen = Number(resourceVersion ?? this.#version);
    if (sendsInitialEvents) {
      seen = this.#version;
      for (const object of this.#selected(plural, selection))
        yield { type: 'ADDED', object: typed<T>(object) };
      const annotations = { 'k8s.io/initial-events-end': 'true' };
      yield { type: 'BOOKMARK', object: { metadata: { resourceVersion: `${seen}`, annotations } } };
    }
    const told = on(this.#told, 'change', signal ? { signal } : {});
    for (;;) {
      const news = this.#changes.filter(({ version }) => version > seen);
      seen = news.at(-1)?.version ?? seen;
      for (const { type, object, ...change } of news) {
        if (change.plural === plural && isSelected(object, selection))
          yield { type, object: typed<T>(object) };
      }
      if (seen === this.#version && (await told.next()).done) return;
    }
  }

  #tell(type: Change['type'], plural: string, object: ApiObject): void {
    this.#changes.push({ type, plural, version: this.#version, object });
    this.#told.emit('change');
  }

  #selected(plural: string, selection: Selection): ApiObject[] {
    return [...this.#objects]
      .filter(([key, object]) => key.startsWith(`${plural} `) && isSelected(object, selection))
      .map(([, object]) => object);
  }

  #existing(plural: string, where: ObjectName): ApiObject {
    const object = this.#objects.get(keyOf(plural, where));
    if (object === undefined) throw apiError(404, 'NotFound');
    return object;
  }
}

function keyOf(plural: string, { namespace = '', name }: ObjectName): string {
  return `${plural} ${plural === 'nodes' ? '' : namespace}/${name}`;
}

function isSelected(object: ApiObject, { namespace, fieldSelector }: Selection): boolean {
  if (namespace !== undefined && object.metadata?.namespace !== namespace) return false;
  return (fieldSelector ?? '').split(',').every((selector) => {
    const [path = '', value] = selector.split('=');
    const found = path.split('.').reduce<unknown>((each, name) => Object(each)[name], object);
    return value === undefined || found === value;
  });
}

/** Merges as a strategic merge patch does; lists of objects by `type` or `ip` when both have such. */
function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const result = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    const former = result[name];
    if (value === null) delete result[name];
    else if (Array.isArray(value) && `$setElementOrder/${name}` in patch) {
      result[name] = mergedList(Array.isArray(former) ? former : [], value);
    } else result[name] = isObject(value) && isObject(former) ? merged({ ...former }, { ...value }) : value;
  }
  return result;
}

function mergedList(former: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const keyOfElement = (element: unknown): unknown => Object(element).type ?? Object(element).ip;
  const patched = new Map(patch.map((element) => [keyOfElement(element), element]));
  const kept = former.map((element) => {
    const change = patched.get(keyOfElement(element));
    patched.delete(keyOfElement(element));
    return isObject(element) && isObject(change)
      ? merged({ ...element }, { ...change, $patch: undefined })
      : element;
  });
  const gone = new Set(patch.filter((each) => Object(each).$patch === 'delete').map(keyOfElement));
  return [...kept.filter((element) => !gone.has(keyOfElement(element))), ...patched.values()];
}

function isOf<T>(value: unknown): value is T {
  return isObject(value);
}

/** A test knows what it has stored. */
function typed<T>(value: unknown): T {
  if (!isOf<T>(value)) throw new Error('not an object');
  return value;
}
