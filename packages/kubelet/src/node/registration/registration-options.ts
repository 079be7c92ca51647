// What the settings say of the node's object in the API.
import type { Taint } from 'kubernetes-types/core/v1.d.ts';

/** Settings of the registration. */
export interface RegistrationOptions {
  /** Whether the kubelet makes the object: registerNode. */
  register: boolean;
  /** Labels beside the default ones: --node-labels. */
  labels: Readonly<Record<string, string>>;
  /** Taints of a new object: registerWithTaints. */
  taints: readonly Taint[];
  /** `spec.providerID`; '' for none. */
  providerId: string;
  /** --cloud-provider=external: a controller of the cloud provider completes the node. */
  hasExternalProvider: boolean;
  /** Whether a controller attaches volumes: enableControllerAttachDetach. */
  controllerAttaches: boolean;
}
