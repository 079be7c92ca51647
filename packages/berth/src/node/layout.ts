// Paths, sockets and cgroups of the node on this machine.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isSystemdRunning } from '@berth/linux/systemd/running.ts';
import { privateMode } from '@berth/runtime/access/socket-access.ts';
import { type Config, defaultConfig } from '@berth/runtime/config/config.ts';
import { loadLastGood } from '@berth/runtime/config/last-good.ts';
import { ConfigError } from '@berth/runtime/config/located.ts';
import { readConfig } from '@berth/runtime/config/read.ts';

/** The paths of this node. */
export interface NodeLayout {
  /** The commands, from a clone or an installation. */
  readonly binDir: string;
  /** Process ids of the daemons that `berth up` started. */
  readonly runDir: string;
  /** Its mode: a group that may use the socket in it may traverse it. */
  readonly runDirMode: number;
  readonly logDir: string;
  /** The CRI socket. */
  readonly socket: string;
  readonly manifestDir: string;
  /** Whether systemd may run the daemons, by the units of `berth enable` or the package. */
  readonly usesUnits: boolean;
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
  readonly cniPluginDirs: readonly string[];
  readonly cgroupDriver: string;
  /** Programs behind the runtime handlers. */
  readonly ociRuntimes: readonly string[];
}

/**
 * The layout of the node on this machine: the defaults and /etc/berth/config.yaml.
 * @throws ConfigError when that file is wrong
 */
export function defaultLayout(): NodeLayout {
  return layoutOf(readConfig(undefined, () => {}));
}

/** As defaultLayout, for commands that a wrong file must not stop; `tell` is told of it and of what is used instead. */
export function usableLayout(tell: (problem: string) => void): NodeLayout {
  try {
    return defaultLayout();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lastGood = loadLastGood();
    const used = lastGood === undefined ? 'the defaults' : 'the settings that berthd last started with';
    tell(`${error.message}; using ${used}`);
    return layoutOf(lastGood ?? defaultConfig);
  }
}

function layoutOf(config: Config): NodeLayout {
  const { listen, root, state, cgroupParent, cni, runtimes } = config;
  const runDir = '/run/berth';
  return {
    binDir: join(installation(import.meta.dirname), 'bin'),
    runDir,
    runDirMode: privateMode(runDir, config),
    logDir: '/var/log/berth',
    socket: listen,
    manifestDir: '/etc/kubernetes/manifests',
    usesUnits: isSystemdRunning(),
    manifestRecord: join(root, 'manifests.json'),
    kubeletSocket: '/var/lib/kubelet/kubelet.sock',
    berthdArgs: [],
    kubeletArgs: [],
    stateDir: state,
    cgroups: ['/kubepods', cgroupParent],
    cniConfDir: cni.confDir,
    cniPluginDirs: cni.pluginDirs,
    cgroupDriver: config.cgroupDriver,
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
