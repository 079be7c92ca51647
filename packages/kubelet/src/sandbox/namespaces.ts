// Which namespaces a pod shares with the host, and which among its containers.
import { NamespaceMode, type UserNamespace } from '@berth/cri/generated/api.ts';
import type { Pod } from '../api/pod.ts';
import type { PodIds } from '../userns/id-ranges.ts';

/** CRI's NamespaceOption of a pod's sandbox and of all its containers; `ids` for a pod with users of its own. */
export function namespaceOptions(
  pod: Pod,
  ids: PodIds | undefined,
): {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
  usernsOptions: UserNamespace;
} {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD,
    pid: hostPID ? NamespaceMode.NODE : shareProcessNamespace ? NamespaceMode.POD : NamespaceMode.CONTAINER,
    ipc: hostIPC ? NamespaceMode.NODE : NamespaceMode.POD,
    usernsOptions: userNamespace(ids),
  };
}

/** CRI's UserNamespace: the host's, or the pod's own with these ids. */
export function userNamespace(ids: PodIds | undefined): UserNamespace {
  if (ids === undefined) return { mode: NamespaceMode.NODE, uids: [], gids: [] };
  const mapping = { hostId: ids.firstId, containerId: 0, length: ids.length };
  return { mode: NamespaceMode.POD, uids: [mapping], gids: [{ ...mapping }] };
}
