import { join } from 'node:path';
import type { ContainerId, SandboxId } from './ids.ts';

/**
 * Where things of sandboxes and containers are. Every path follows from an id, so that after a crash
 * whatever a row may have left is found without having been written down.
 */
export class Paths {
  readonly root: string;
  readonly state: string;

  /** `root` survives a reboot, `state` need not. */
  constructor(config: { readonly root: string; readonly state: string }) {
    this.root = config.root;
    this.state = config.state;
  }

  /** Holds a directory for each sandbox. */
  get sandboxes(): string {
    return join(this.state, 'sandboxes');
  }

  /** Holds a directory for each container: its bundle. */
  get bundles(): string {
    return join(this.state, 'containers');
  }

  /** Holds a directory for each container: its writable layer. */
  get layers(): string {
    return join(this.root, 'containers');
  }

  /** conmon writes a container's exit code into a file here, named by the id. */
  get exits(): string {
    return join(this.state, 'exits');
  }

  sandbox(id: SandboxId): SandboxPaths {
    const dir = join(this.sandboxes, id);
    return {
      dir,
      hostname: join(dir, 'hostname'),
      hosts: join(dir, 'hosts'),
      resolvConf: join(dir, 'resolv.conf'),
      shm: join(dir, 'shm'),
      userns: join(dir, 'ns/user'),
      netns: join(dir, 'ns/net'),
      ipcns: join(dir, 'ns/ipc'),
      utsns: join(dir, 'ns/uts'),
      namespaces: join(dir, 'ns'),
      init: bundlePaths(join(dir, 'init')),
    };
  }

  container(id: ContainerId): ContainerPaths {
    const layer = join(this.layers, id);
    return {
      bundle: bundlePaths(join(this.bundles, id)),
      layer,
      upper: join(layer, 'upper'),
      work: join(layer, 'work'),
    };
  }
}

export interface SandboxPaths {
  readonly dir: string;
  readonly hostname: string;
  /** Only of a pod in the host's network. */
  readonly hosts: string;
  readonly resolvConf: string;
  /** A tmpfs, /dev/shm of the pod's containers. */
  readonly shm: string;
  /** Pinned namespaces, as files in `namespaces`. */
  readonly userns: string;
  readonly netns: string;
  readonly ipcns: string;
  readonly utsns: string;
  readonly namespaces: string;
  /** Bundle of the init of a shared PID namespace. */
  readonly init: BundlePaths;
}

export interface ContainerPaths {
  readonly bundle: BundlePaths;
  /** Holds the two below. */
  readonly layer: string;
  readonly upper: string;
  readonly work: string;
}

/** An OCI bundle and what conmon and the runtime put beside it. */
export interface BundlePaths {
  readonly dir: string;
  readonly config: string;
  readonly rootfs: string;
  /** For a moment the image's layers as a user namespace sees them, read-only. */
  readonly lower: string;
  /** Holds what is mounted for the container's own mounts, by their numbers. */
  readonly volumes: string;
  readonly pid: string;
  readonly conmonPid: string;
  readonly runtimeLog: string;
  /** Holds a pid file for each process that ExecSync runs. */
  readonly exec: string;
  /** What an update of resources tells the OCI runtime. */
  readonly resources: string;
}

function bundlePaths(dir: string): BundlePaths {
  return {
    dir,
    config: join(dir, 'config.json'),
    rootfs: join(dir, 'rootfs'),
    lower: join(dir, 'lower'),
    volumes: join(dir, 'volumes'),
    pid: join(dir, 'pid'),
    conmonPid: join(dir, 'conmon-pid'),
    runtimeLog: join(dir, 'runtime.log'),
    exec: join(dir, 'exec'),
    resources: join(dir, 'resources.json'),
  };
}
