// Every path of a sandbox or container, derived from its id.

import { resolve } from 'node:path';
import type { ContainerId, SandboxId } from './ids.ts';

/**
 * Paths of sandboxes and containers. Every path is derived from an id, so that recovery finds everything that belongs
 * to a row. Strings are concatenated without path.join, which would normalize some thousand paths per stats request
 * for fifty containers.
 */
export class Paths {
  readonly root: string;
  readonly state: string;

  /** `root` survives a reboot; `state` need not. */
  constructor(config: { readonly root: string; readonly state: string }) {
    this.root = resolve(config.root);
    this.state = resolve(config.state);
  }

  /** Holds a directory for each sandbox. */
  get sandboxes(): string {
    return `${this.state}/sandboxes`;
  }

  /** Holds a directory for each container: its bundle. */
  get bundles(): string {
    return `${this.state}/containers`;
  }

  /** Holds a directory for each container: its writable layer. */
  get layers(): string {
    return `${this.root}/containers`;
  }

  /**
   * Holds a directory for the root of each container in a user namespace. The OCI runtime enters it as the pod's own
   * root, which is unprivileged on the host and cannot enter `state`. Created with the first such pod.
   */
  get shiftedRoots(): string {
    return `${this.state}-userns`;
  }

  /** conmon writes a container's exit code into a file here, named by the id. */
  get exits(): string {
    return `${this.state}/exits`;
  }

  sandbox(id: SandboxId): SandboxPaths {
    const dir = `${this.sandboxes}/${id}`;
    return {
      dir,
      etc: `${dir}/etc`,
      hostname: `${dir}/etc/hostname`,
      hosts: `${dir}/etc/hosts`,
      resolvConf: `${dir}/etc/resolv.conf`,
      shm: `${dir}/shm`,
      userns: `${dir}/ns/user`,
      netns: `${dir}/ns/net`,
      ipcns: `${dir}/ns/ipc`,
      utsns: `${dir}/ns/uts`,
      namespaces: `${dir}/ns`,
      init: bundlePaths(`${dir}/init`, `${this.shiftedRoots}/${id}`),
    };
  }

  container(id: ContainerId): ContainerPaths {
    const layer = `${this.layers}/${id}`;
    return {
      bundle: bundlePaths(`${this.bundles}/${id}`, `${this.shiftedRoots}/${id}`),
      layer,
      upper: `${layer}/upper`,
      work: `${layer}/work`,
    };
  }
}

export interface SandboxPaths {
  readonly dir: string;
  /** A tmpfs that holds the following three files. */
  readonly etc: string;
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
  /** Holds the following two directories. */
  readonly layer: string;
  readonly upper: string;
  readonly work: string;
}

/** An OCI bundle, with the files of conmon and the runtime. */
export interface BundlePaths {
  readonly dir: string;
  readonly config: string;
  readonly rootfs: string;
  /** Mount point of the root in a user namespace, in a directory that the pod's own root can enter. */
  readonly shifted: { readonly dir: string; readonly rootfs: string };
  /** Temporary mount of the image's layers with shifted owners, read-only. */
  readonly lower: string;
  /** Holds the sources of the container's own mounts, by index. */
  readonly volumes: string;
  readonly pid: string;
  readonly conmonPid: string;
  readonly runtimeLog: string;
  /** Holds a pid file for each running exec. */
  readonly exec: string;
  /** File that passes updated resources to the OCI runtime. */
  readonly resources: string;
}

function bundlePaths(dir: string, shifted: string): BundlePaths {
  return {
    dir,
    config: `${dir}/config.json`,
    rootfs: `${dir}/rootfs`,
    shifted: { dir: shifted, rootfs: `${shifted}/rootfs` },
    lower: `${dir}/lower`,
    volumes: `${dir}/volumes`,
    pid: `${dir}/pid`,
    conmonPid: `${dir}/conmon-pid`,
    runtimeLog: `${dir}/runtime.log`,
    exec: `${dir}/exec`,
    resources: `${dir}/resources.json`,
  };
}
