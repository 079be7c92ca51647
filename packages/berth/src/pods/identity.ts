// Identifies the pods of manifests in the kubelet's list.
import { nameInManifest } from '@berth/common/static-pod-name.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

/**
 * The name of a pod as the user knows it: NAMESPACE/NAME in the manifest. The kubelet appends the node's name to the
 * name of a static pod.
 */
export function displayName(pod: v1.Pod): string {
  const { namespace = 'default', name = '' } = pod.metadata ?? {};
  return `${namespace}/${nameInManifest(name, pod.spec?.nodeName ?? '')}`;
}

/**
 * Identifies one version of a static pod: the UID that the kubelet derives from the manifest. With an API server, the
 * pod has another UID, but keeps this annotation.
 */
export function configHash(metadata: v1.Pod['metadata']): string | undefined {
  return metadata?.annotations?.['kubernetes.io/config.hash'] ?? metadata?.uid;
}
