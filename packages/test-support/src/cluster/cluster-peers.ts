// The programs of a cluster that the real kubelet's node and ours join.
import type { PeerName } from '../peers.ts';

/** A control plane, and a node of the real kubelet on containerd. */
export const clusterPeers = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kubelet',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
] as const satisfies readonly PeerName[];
