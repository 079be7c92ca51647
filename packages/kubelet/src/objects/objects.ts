// The port through which the kubelet reads ConfigMaps and Secrets: from manifests on a standalone node.
import type { ConfigMap, NodeObject, Secret } from './types.ts';

/** Identifies one object. */
export interface ObjectRef {
  kind: NodeObject['kind'];
  namespace: string;
  name: string;
}

/** The objects that pods refer to. Reads are of memory; a pod is woken when an object that it refers to changes. */
export interface Objects {
  /** The ConfigMap; undefined when there is none. */
  configMap(namespace: string, name: string): ConfigMap | undefined;
  /** The Secret; undefined when there is none. */
  secret(namespace: string, name: string): Secret | undefined;
}

/** `ConfigMap default/settings`, which identifies an object in logs and errors. */
export function objectKey({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}

/** The reference to an object. */
export function refTo({ kind, object: { namespace, name } }: NodeObject): ObjectRef {
  return { kind, namespace, name };
}
