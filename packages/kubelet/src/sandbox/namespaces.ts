// Which namespaces a pod shares with the host, and which among its containers.
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import type { Pod } from '../api/pod.ts';

/** CRI's NamespaceOption of a pod's sandbox and of all its containers. */
export function namespaceOptions(pod: Pod): {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
} {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD,
    pid: hostPID ? NamespaceMode.NODE : shareProcessNamespace ? NamespaceMode.POD : NamespaceMode.CONTAINER,
    ipc: hostIPC ? NamespaceMode.NODE : NamespaceMode.POD,
  };
}
