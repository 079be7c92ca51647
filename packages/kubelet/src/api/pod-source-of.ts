// Where a pod comes from, by its annotations: an API server or a manifest; and which pod of the API server stands for one
// of a manifest.
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';

/** The annotations that a kubelet gives to pods. */
export const podAnnotation = {
  /** Of a static pod: its UID, which changes with the manifest. */
  hash: 'kubernetes.io/config.hash',
  /** Of a mirror pod: the hash of its static pod. */
  mirror: 'kubernetes.io/config.mirror',
  /** When the kubelet first saw the pod. */
  seen: 'kubernetes.io/config.seen',
  /** `file`, `http` or `api`. */
  source: 'kubernetes.io/config.source',
} as const;

type Annotated = { metadata: Pick<ObjectMeta, 'annotations'> };

/** Whether the pod is one of an API server, which ends it and keeps its status. */
export function isFromApi({ metadata: { annotations } }: Annotated): boolean {
  return annotations?.[podAnnotation.source] === 'api';
}

/** Whether the pod is an API server's image of a static pod: nothing of it runs. */
export function isMirror({ metadata: { annotations } }: Annotated): boolean {
  return annotations?.[podAnnotation.mirror] !== undefined;
}

/** Whether the pod came from elsewhere than an API server. A pod without a source is no static pod, as in Kubernetes. */
export function isStatic({ metadata: { annotations } }: Annotated): boolean {
  const source = annotations?.[podAnnotation.source];
  return source !== undefined && source !== 'api';
}

/** Whether the API server has been asked to delete the pod. */
export function isBeingDeleted({ metadata }: { metadata: Pick<ObjectMeta, 'deletionTimestamp'> }): boolean {
  return metadata.deletionTimestamp !== undefined;
}
