// The RuntimeClasses of the cluster: which handler of the runtime a pod names.
import { isObject } from '@berth/common/json/is-object.ts';
import type { Pod } from '../../api/pod.ts';
import { isFromApi } from '../../api/pod-source-of.ts';
import type { ApiObject, Resource } from '../../apiserver/api-client.ts';
import type { PodHandler } from '../../kuberuntime/runtime-handlers.ts';

/** Where they are in the API. */
export const runtimeClassResource: Resource = {
  group: 'node.k8s.io',
  version: 'v1',
  plural: 'runtimeclasses',
};

/** Of a class, only the handler is used; its overhead and scheduling are in the pod by admission. */
export function withHandlerOnly(object: ApiObject): ApiObject {
  const { name = '', resourceVersion = '' } = object.metadata ?? {};
  return Object.assign({ metadata: { name, resourceVersion } }, { handler: Reflect.get(object, 'handler') });
}

/** The classes. */
export class ClusterRuntimeClasses {
  #handlers: ReadonlyMap<string, string> | undefined;

  /** Sets all classes of the cluster. */
  set(objects: Iterable<unknown>): void {
    this.#handlers = new Map(
      [...objects].flatMap((object): [string, string][] => {
        const { metadata, handler } = isObject(object) ? object : {};
        const name = isObject(metadata) ? metadata.name : undefined;
        return typeof name === 'string' && typeof handler === 'string' ? [[name, handler]] : [];
      }),
    );
  }

  /** Whether the classes were read. */
  get hasSynced(): boolean {
    return this.#handlers !== undefined;
  }

  /** The handler of the pod's class. A static pod may name a handler itself. */
  handlerOf(pod: Pod): PodHandler {
    const { runtimeClassName: name = '' } = pod.spec;
    if (name === '') return { name, isNamed: false };
    const handler = this.#handlers?.get(name);
    if (handler !== undefined) return { name: handler, isNamed: false };
    return isFromApi(pod)
      ? { problem: `runtimeclass.node.k8s.io ${JSON.stringify(name)} not found` }
      : { name, isNamed: true };
  }
}
