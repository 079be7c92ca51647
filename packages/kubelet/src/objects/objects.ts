// The port through which the kubelet reads ConfigMaps and Secrets: from manifests on a standalone node.
import type { ConfigMap, Secret } from './types.ts';

/** The kinds of objects that pods refer to. */
export type ObjectKind = 'ConfigMap' | 'Secret';

/** Identifies one object. */
export interface ObjectRef {
  kind: ObjectKind;
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

/** The objects of a node that has none. */
export const noObjects: Objects = { configMap: () => undefined, secret: () => undefined };
