// What the status of a pod on the API server needs to become this kubelet's, and whether the pod may be deleted there.
import { workloadContainers } from '../../api/each-container.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../../api/pod.ts';
import { isFinalPhase } from '../../api/pod-phase.ts';
import { isBeingDeleted, isMirror } from '../../api/pod-source-of.ts';
import type { ServedPod } from '../../api/served-pod.ts';
import { type MergeKeys, strategicMergePatch } from '../../apiserver/strategic-merge.ts';
import { type MergeFacts, mergeStatus } from '../../status/merge-status.ts';

/** The lists of a pod's status that are merged. */
const mergeKeys: MergeKeys = {
  'status.conditions': 'type',
  'status.hostIPs': 'ip',
  'status.podIPs': 'ip',
  'status.resourceClaimStatuses': 'name',
};

/**
 * The strategic merge patch that makes the server's status this kubelet's; undefined when it is. The server refuses it
 * when another pod has the name meanwhile.
 */
export function statusPatch(served: ServedPod, own: PodStatus, facts: MergeFacts): object | undefined {
  const merged = asJson(
    mergeStatus(served.pod, served.status, withoutUnaskedSignals(served.pod, own), facts),
  );
  const patch = strategicMergePatch({ status: served.status }, { status: merged }, mergeKeys);
  if (Object.keys(patch).length === 0) return undefined;
  return { metadata: { uid: served.pod.metadata.uid }, ...patch };
}

/**
 * Without the stop signals that pods do not ask for: a status has them with the gate ContainerStopSignals, without which
 * the server lets nobody ask.
 */
function withoutUnaskedSignals({ spec }: Pod, status: PodStatus): PodStatus {
  const asking = new Set(
    workloadContainers<Container>(spec)
      .filter(({ container }) => container.lifecycle?.stopSignal !== undefined)
      .map(({ container }) => container.name),
  );
  const without = (list: ContainerStatus[]): ContainerStatus[] =>
    list.map(({ stopSignal, ...rest }) =>
      stopSignal !== undefined && asking.has(rest.name) ? { ...rest, stopSignal } : rest,
    );
  const { initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = status;
  return {
    ...status,
    ...(initContainerStatuses && { initContainerStatuses: without(initContainerStatuses) }),
    ...(containerStatuses && { containerStatuses: without(containerStatuses) }),
    ...(ephemeralContainerStatuses && { ephemeralContainerStatuses: without(ephemeralContainerStatuses) }),
  };
}

/** Whether a patch of `statusPatch` tells of no more than a sandbox that is ready, and its addresses. */
export function tellsOfSandboxAlone(patch: object): boolean {
  const { status } = patch as { status: PodStatus };
  const { conditions = [], podIP: _ip, podIPs: _ips, ...rest } = status;
  return (
    Object.keys(rest).every((name) => name.startsWith('$setElementOrder/')) &&
    conditions.some(({ type }) => type === 'PodReadyToStartContainers') &&
    conditions.every(({ type, status: is }) => type === 'PodReadyToStartContainers' && is === 'True')
  );
}

/** As it is sent: without fields that are undefined. */
function asJson(status: PodStatus): PodStatus {
  return JSON.parse(JSON.stringify(status));
}

/**
 * Whether the kubelet completes the deletion of a pod: the server knows that it has ended, and nothing is left of it on
 * the node. Mirror pods are deleted with their static pods.
 */
export function mayBeDeleted({ pod, status }: ServedPod, isGone: boolean): boolean {
  return isBeingDeleted(pod) && !isMirror(pod) && isFinalPhase(status.phase) && isGone;
}
