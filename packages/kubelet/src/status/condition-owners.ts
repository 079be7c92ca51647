// Whose a condition of a pod is. Others than the kubelet set conditions through the API server: those of readiness gates,
// those of disruptions.

const ofKubelet: ReadonlySet<string> = new Set([
  'PodScheduled',
  'Ready',
  'Initialized',
  'ContainersReady',
  'PodResizeInProgress',
  'PodResizePending',
  'PodReadyToStartContainers',
  'AllContainersRestarting',
]);

/** Whether only the kubelet sets the condition: what it does not say is not so. */
export function isOfKubelet(type: string): boolean {
  return ofKubelet.has(type);
}

/** Whether the kubelet and others set the condition: the kubelet replaces it when it has something to say. */
export function isShared(type: string): boolean {
  return type === 'DisruptionTarget';
}
