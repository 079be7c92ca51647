// The programs of a cluster that the real kubelet's node and ours join.
import type { PeerName } from '../peers.ts';
import type { ComponentName } from './command-lines.ts';

/** By the version of Kubernetes. */
const controlPlanes: Readonly<Record<string, Record<ComponentName, PeerName>>> = {
  '1.37': {
    etcd: 'etcd',
    'kube-apiserver': 'kube-apiserver',
    'kube-controller-manager': 'kube-controller-manager',
    'kube-scheduler': 'kube-scheduler',
  },
  '1.35': {
    etcd: 'etcd',
    'kube-apiserver': 'kube-apiserver-1.35',
    'kube-controller-manager': 'kube-controller-manager-1.35',
    'kube-scheduler': 'kube-scheduler-1.35',
  },
};

/**
 * The programs of the control plane of this run: of Kubernetes 1.37, or of the version that the environment variable
 * BERTH_TEST_CONTROL_PLANE names.
 */
export function controlPlanePeers(): Record<ComponentName, PeerName> {
  const version = process.env['BERTH_TEST_CONTROL_PLANE'] ?? '1.37';
  const peers = controlPlanes[version];
  if (peers) return peers;
  const versions = Object.keys(controlPlanes).join(' or ');
  throw new Error(`there is no control plane of Kubernetes ${version}, only ${versions}`);
}

/** A control plane of Kubernetes 1.37, and a node of the real kubelet on containerd. */
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
