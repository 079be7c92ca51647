// How the pods of manifests are found among those that the kubelet lists.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

/**
 * What a person calls a pod: NAMESPACE/NAME as in the manifest. The kubelet appends the node's name to
 * the name of a static pod.
 */
export function displayName(pod: v1.Pod): string {
  const { namespace = 'default', name = '' } = pod.metadata ?? {};
  const suffix = `-${pod.spec?.nodeName ?? ''}`;
  return `${namespace}/${suffix !== '-' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}`;
}

/**
 * What tells one version of a static pod from another: its UID as the kubelet derives it from the
 * manifest. With an API server the pod's own UID is another, but this annotation stays.
 */
export function configHash(metadata: v1.Pod['metadata']): string | undefined {
  return metadata?.annotations?.['kubernetes.io/config.hash'] ?? metadata?.uid;
}
