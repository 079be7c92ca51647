import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a pod's conmons live in the cgroup tree: directories to enter, all of them. */
export interface ConmonCgroup {
  /** Absolute directories whose cgroup.procs takes the pid; made when they are missing. */
  directories: string[];
  /** A cgroup below the pod's that exists only for conmon, relative to the cgroup root; remove it with the pod. */
  leaf: string | undefined;
}

/**
 * Chooses the cgroup for a pod's conmons, so that their memory and CPU time count as the pod's.
 *
 * On v1 they sit in the pod's own cgroup, beside the containers' cgroups, since v1 allows processes in inner
 * nodes; they end with their containers and so are never in the way of its removal. On v2 they need a
 * leaf. With the systemd driver the slice belongs to systemd, and they stay in berthd's unit
 * (`KillMode=process` keeps them over a restart), as containerd's shims do: undefined.
 */
export function conmonCgroup(options: {
  version: 'v1' | 'hybrid' | 'v2';
  systemdCgroup: boolean;
  /** The pod's cgroup, relative to the cgroup root, e.g. `/kubepods/podUID`. */
  parent: string;
  mountPoint?: string;
}): ConmonCgroup | undefined {
  const { version, systemdCgroup, parent, mountPoint = '/sys/fs/cgroup' } = options;
  if (systemdCgroup) return undefined;
  if (version === 'v2') {
    const leaf = join('/', parent, 'conmon');
    return { directories: [join(mountPoint, leaf)], leaf };
  }
  return {
    directories: ['memory', 'cpu'].map((controller) => join(mountPoint, controller, parent)),
    leaf: undefined,
  };
}

/** Moves a process into a conmon cgroup; the `place` of `startConmon`. */
export function enterConmonCgroup(cgroup: ConmonCgroup, pid: number): void {
  for (const directory of cgroup.directories) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'cgroup.procs'), String(pid));
  }
}
