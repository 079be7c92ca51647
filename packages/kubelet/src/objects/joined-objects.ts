// The ConfigMaps and Secrets of a node in a cluster: those that pods of the API server refer to are the server's, all others
// are from manifests.
import { type ObjectRef, type Objects, objectKey } from './objects.ts';
import type { ConfigMap, Secret } from './types.ts';

/** The objects of an API server. */
export interface ServerObjects extends Objects {
  /** Whether a pod of the API server refers to the object. */
  has(ref: ObjectRef): boolean;
}

/** The objects of both. */
export class JoinedObjects implements Objects {
  readonly #server: ServerObjects;
  readonly #manifests: Objects;

  constructor(server: ServerObjects, manifests: Objects) {
    this.#server = server;
    this.#manifests = manifests;
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#holder({ kind: 'ConfigMap', namespace, name }).configMap(namespace, name);
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#holder({ kind: 'Secret', namespace, name }).secret(namespace, name);
  }

  #holder(ref: ObjectRef): Objects {
    return this.#server.has(ref) ? this.#server : this.#manifests;
  }
}

/** What the references of these pods name, by key. */
export function refsByKey(refs: Iterable<ObjectRef>): Map<string, ObjectRef> {
  return new Map([...refs].map((ref) => [objectKey(ref), ref]));
}
