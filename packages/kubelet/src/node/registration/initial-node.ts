// The node as the kubelet registers it, before it has a status.
import type { Taint } from 'kubernetes-types/core/v1.d.ts';
import type { Node } from '../status/node-object.ts';
import type { RegistrationOptions } from './registration-options.ts';

/** Whether a controller attaches and detaches the volumes of this node. */
export const controllerAttachesAnnotation = 'volumes.kubernetes.io/controller-managed-attach-detach';

/** Keeps pods away until a cloud provider's controller has completed the node. */
const uninitialized: Taint = {
  key: 'node.cloudprovider.kubernetes.io/uninitialized',
  value: 'true',
  effect: 'NoSchedule',
};

/** The node called `name`, whose default labels are `labels`. */
export function initialNode(
  name: string,
  labels: Readonly<Record<string, string>>,
  options: RegistrationOptions,
): Node {
  const taints = [...options.taints, ...(options.hasExternalProvider ? [uninitialized] : [])];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { ...labels, ...options.labels },
      ...(options.controllerAttaches && { annotations: { [controllerAttachesAnnotation]: 'true' } }),
    },
    spec: {
      ...(options.providerId !== '' && { providerID: options.providerId }),
      ...(taints.length > 0 && { taints }),
    },
  };
}
