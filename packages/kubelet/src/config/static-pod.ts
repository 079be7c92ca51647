// Gives a pod from a manifest its identity on this node, as Kubernetes does for static pods: the node's name in
// the pod's, a UID that changes with the manifest, and the annotations that say where it came from.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import type { JsonObject } from '../api/pod-shape.ts';
import { podAnnotation } from '../api/pod-source-of.ts';
import { type ManifestOrigin, staticPodUid } from './static-pod-uid/static-pod-uid.ts';

/** The pod of a manifest. */
export interface StaticPodManifest {
  /** With checked types. */
  pod: v1.Pod;
  /** As the text has it. */
  written: JsonObject;
}

/** The pod as this node runs it; `seen` is when its manifest was first read. */
export function asStaticPod({ pod, written }: StaticPodManifest, origin: ManifestOrigin, seen: Date): v1.Pod {
  const { nodeName, source = 'file' } = origin;
  const tolerations = pod.spec?.tolerations ?? [];
  const metadata = withoutServerFields(pod.metadata ?? {});
  const uid = metadata.uid || staticPodUid(pod, written, origin);
  return {
    metadata: {
      ...metadata,
      ...(metadata.name && { name: `${metadata.name}-${nodeName.toLowerCase()}` }),
      namespace: metadata.namespace || 'default',
      uid,
      annotations: {
        ...metadata.annotations,
        [podAnnotation.hash]: uid,
        [podAnnotation.seen]: seen.toISOString().replace('Z', '000000Z'),
        [podAnnotation.source]: source,
      },
    },
    ...(pod.spec && {
      spec: {
        ...pod.spec,
        nodeName,
        // As in the real kubelet, pods of a URL do not have the toleration.
        tolerations: source === 'file' ? withNoExecuteToleration(tolerations) : tolerations,
      },
    }),
  };
}

/** Drops metadata that only an API server writes: a manifest may have been exported from a cluster. */
function withoutServerFields(metadata: ObjectMeta): ObjectMeta {
  const { creationTimestamp: _1, managedFields: _2, resourceVersion: _3, ...rest } = metadata;
  const { selfLink: _4, ...own } = rest;
  return own;
}

/** Tolerates all NoExecute taints, so that a static pod is not evicted. */
function withNoExecuteToleration(tolerations: readonly v1.Toleration[]): v1.Toleration[] {
  const isThere = tolerations.some(({ key, operator, effect, tolerationSeconds }) => {
    return !key && operator === 'Exists' && effect === 'NoExecute' && tolerationSeconds === undefined;
  });
  return isThere ? [...tolerations] : [...tolerations, { operator: 'Exists', effect: 'NoExecute' }];
}
