// Identifies the pods of manifests in the kubelet's list.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

/**
 * The name of a pod as the user knows it: NAMESPACE/NAME in the manifest. The kubelet appends the node's name to the
 * name of a static pod.
 */
export function displayName(pod: v1.Pod): string {
  const { namespace = 'default', name = '' } = pod.metadata ?? {};
  const suffix = `-${pod.spec?.nodeName ?? ''}`;
  return `${namespace}/${suffix !== '-' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}`;
}

/**
 * Identifies one version of a static pod: the UID that the kubelet derives from the manifest. With an API server, the
 * pod has another UID, but keeps this annotation.
 */
export function configHash(metadata: v1.Pod['metadata']): string | undefined {
  return metadata?.annotations?.['kubernetes.io/config.hash'] ?? metadata?.uid;
}
