// ConfigMaps and Secrets from manifests: the objects of a node without an API server.
import { type ObjectRef, type Objects, objectKey, refTo } from './objects.ts';
import type { ConfigMap, NodeObject, Secret } from './types.ts';

/** The objects that the manifests define now. */
export class ManifestObjects implements Objects {
  #objects: ReadonlyMap<string, NodeObject> = new Map();

  configMap(namespace: string, name: string): ConfigMap | undefined {
    const found = this.#objects.get(objectKey({ kind: 'ConfigMap', namespace, name }));
    return found?.kind === 'ConfigMap' ? found.object : undefined;
  }

  secret(namespace: string, name: string): Secret | undefined {
    const found = this.#objects.get(objectKey({ kind: 'Secret', namespace, name }));
    return found?.kind === 'Secret' ? found.object : undefined;
  }

  /** Sets all objects; of two with one name, the first counts. Returns those that appeared, changed or went. */
  set(objects: readonly NodeObject[]): ObjectRef[] {
    const former = this.#objects;
    const next = new Map(objects.toReversed().map((each) => [objectKey(refTo(each)), each]));
    this.#objects = next;
    const version = (each: NodeObject | undefined): string | undefined => each?.object.resourceVersion;
    return [...new Map([...former, ...next])]
      .filter(([key]) => version(former.get(key)) !== version(next.get(key)))
      .map(([, each]) => refTo(each));
  }
}
