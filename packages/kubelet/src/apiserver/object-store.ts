// The objects that a ListWatch knows, and how they change. Pure but for its map.
import type { ApiObject } from './api-client.ts';

/** What a store tells of. */
export interface ObjectHandlers<T> {
  onAdd?(object: T): void;
  onUpdate?(former: T, object: T): void;
  onDelete?(object: T): void;
}

interface Entry<T> {
  object: T;
  uid: string;
  resourceVersion: string;
}

/** The key of an object: `namespace/name`, or its name. */
export function apiKey({ metadata }: ApiObject): string {
  const { namespace, name = '' } = metadata ?? {};
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Keeps objects by key. An object with another UID is another object, whatever its key. */
export class ObjectStore<T extends ApiObject> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #transform: (object: T) => T;
  readonly #handlers: ObjectHandlers<T>;

  /** @param transform makes of an object what is kept; identity and version are taken before */
  constructor(handlers: ObjectHandlers<T>, transform: (object: T) => T) {
    this.#handlers = handlers;
    this.#transform = transform;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.object;
  }

  values(): T[] {
    return [...this.#entries.values()].map(({ object }) => object);
  }

  /** An object is there, as given. */
  put(raw: T): void {
    const key = apiKey(raw);
    const { uid = '', resourceVersion = '' } = raw.metadata ?? {};
    const former = this.#entries.get(key);
    if (former?.uid === uid && former.resourceVersion === resourceVersion && resourceVersion !== '') return;
    const object = this.#transform(raw);
    this.#entries.set(key, { object, uid, resourceVersion });
    if (former === undefined) this.#handlers.onAdd?.(object);
    else if (former.uid === uid) this.#handlers.onUpdate?.(former.object, object);
    else {
      this.#handlers.onDelete?.(former.object);
      this.#handlers.onAdd?.(object);
    }
  }

  /** An object is gone; the handler gets its last state. */
  remove(raw: T): void {
    const key = apiKey(raw);
    if (!this.#entries.delete(key)) return;
    this.#handlers.onDelete?.(this.#transform(raw));
  }

  /** These are all objects there are. */
  replace(objects: readonly T[]): void {
    const keys = new Set(objects.map(apiKey));
    for (const [key, { object }] of [...this.#entries]) {
      if (keys.has(key)) continue;
      this.#entries.delete(key);
      this.#handlers.onDelete?.(object);
    }
    for (const object of objects) this.put(object);
  }
}
