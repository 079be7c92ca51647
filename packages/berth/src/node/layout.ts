// Paths, sockets and cgroups of the node on this machine.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readConfig } from '@berth/runtime/config/read.ts';

/** The paths of this node. */
export interface NodeLayout {
  /** The commands, from a clone or an installation. */
  readonly binDir: string;
  /** Process ids of the daemons that `berth up` started. */
  readonly runDir: string;
  readonly logDir: string;
  /** The CRI socket. */
  readonly socket: string;
  readonly manifestDir: string;
  /** The record of the manifests that `berth up` installed. */
  readonly manifestRecord: string;
  /** The socket in the kubelet's root directory, on which it serves its pods to root. */
  readonly kubeletSocket: string;
  /** More arguments for the daemons. */
  readonly berthdArgs: readonly string[];
  readonly kubeletArgs: readonly string[];
  /** berthd's directory of sandboxes and bundles. */
  readonly stateDir: string;
  /** Where images and container layers are. */
  readonly imageDir: string;
  /** Cgroups that are empty once no pod is left. */
  readonly cgroups: readonly string[];
  readonly cniConfDir: string;
  /** Programs behind the runtime handlers. */
  readonly ociRuntimes: readonly string[];
}

/** The layout of the node on this machine: the defaults and /etc/berth/config.yaml. */
export function defaultLayout(): NodeLayout {
  const { listen, root, state, cgroupParent, cni, runtimes } = readConfig(undefined, () => {});
  return {
    binDir: join(installation(import.meta.dirname), 'bin'),
    runDir: '/run/berth',
    logDir: '/var/log/berth',
    socket: listen,
    manifestDir: '/etc/kubernetes/manifests',
    manifestRecord: join(root, 'manifests.json'),
    kubeletSocket: '/var/lib/kubelet/kubelet.sock',
    berthdArgs: [],
    kubeletArgs: [],
    stateDir: state,
    cgroups: ['/kubepods', cgroupParent],
    cniConfDir: cni.confDir,
    imageDir: root,
    ociRuntimes: Object.values(runtimes).map(({ path }) => path),
  };
}

/** The folder that holds bin/, above sources and bundles alike. */
function installation(dir: string): string {
  if (existsSync(join(dir, 'bin/berthd'))) return dir;
  const parent = dirname(dir);
  if (parent === dir) throw new Error('bin/berthd is nowhere above this file');
  return installation(parent);
}
