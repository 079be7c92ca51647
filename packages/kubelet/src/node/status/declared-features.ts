// `status.declaredFeatures`: features of Kubernetes that a scheduler and the API server ask a node for.

/** Those of Kubernetes 1.37 that are on without a feature gate, and that this kubelet has, in the order of their names. */
const always: readonly string[] = [
  'ExtendWebSocketsToKubelet',
  'InPlacePodLevelResourcesVerticalScaling',
  'InPlacePodVerticalScalingInitContainers',
  'RestartAllContainersOnContainerExits',
];

/**
 * The features that the node declares. Options of a mount, which the real kubelet has behind a gate that is off, work
 * here with a runtime that knows them.
 */
export function declaredFeatures({ hasMountOptions }: { hasMountOptions: boolean }): string[] {
  return [...always, ...(hasMountOptions ? ['VolumeBindMountOptions'] : [])];
}
