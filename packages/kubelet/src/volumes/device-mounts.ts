// Disks that are mounted once for all pods of the node, each at a folder below `plugins`, and bind-mounted for each pod. One
// that no pod uses any more is taken away in the background, also when an earlier kubelet has left it: the folders and the
// mount table tell.
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { isMountPoint, mounts } from '@berth/linux/mounts/mount.ts';
import type { MountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { createLogger } from '../klog/klog.ts';
import { BackgroundEnds } from './background-ends.ts';

const log = createLogger('device-mounts.ts');

/** What the kinds of disks do in their own way. */
export interface DeviceMountsPorts {
  /** The folders of all disks that are mounted, or were about to be. */
  folders(): Promise<string[]>;
  /** Unmounts a disk and removes its folder, which exists. Called while nothing else is done to it. */
  takeAway(folder: string): Promise<void>;
}

/** The disks of one kind. */
export class DeviceMounts {
  readonly #ports: DeviceMountsPorts;
  readonly #queue = new KeyedQueue();
  /** By folder, the pods that this kubelet has mounted the disk for, or is about to. */
  readonly #users = new Map<string, Set<string>>();
  readonly #stopped = new AbortController();
  readonly #ends = new BackgroundEnds(this.#stopped.signal);

  constructor(ports: DeviceMountsPorts) {
    this.#ports = ports;
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Notes that a pod uses the disk: it stays mounted. */
  hold(folder: string, uid: string): void {
    const users = this.#users.get(folder) ?? new Set<string>();
    this.#users.set(folder, users);
    users.add(uid);
  }

  /** Runs `run` while nothing else is done to the disk. Rejects when `signal` is aborted before its turn. */
  async exclusively<Result>(
    folder: string,
    run: () => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    return await this.#queue.run(folder, run, signal);
  }

  /** A pod does not use the disk any more: takes it away, in the background, if no other does. */
  drop(folder: string, uid: string): void {
    this.#forget(folder, uid);
    void this.#end(folder);
  }

  /** A pod uses no disk any more, or a mount of it is gone: takes away, in the background, what no pod uses. */
  release(uid: string): void {
    for (const folder of [...this.#users.keys()]) this.#forget(folder, uid);
    this.sweep();
  }

  /** Takes away, in the background, what no pod uses, also what an earlier kubelet has left. */
  sweep(): void {
    this.#ports.folders().then(
      (folders) => {
        for (const folder of folders) void this.#end(folder);
      },
      (error: unknown) => log.error('Failed to look for disks that are not used', { err: error }),
    );
  }

  #forget(folder: string, uid: string): void {
    const users = this.#users.get(folder);
    users?.delete(uid);
    if (users?.size === 0) this.#users.delete(folder);
  }

  /** Takes the disk away as soon as that succeeds, unless a pod uses it again. */
  async #end(folder: string): Promise<void> {
    const { signal } = this.#stopped;
    await this.#ends.run(
      folder,
      () => this.#queue.run(folder, () => this.#takeAwayUnused(folder), signal),
      (err, ms) => {
        if (!signal.aborted) log.error('UnmountDevice failed, will try again', { err, folder, ms });
      },
    );
  }

  async #takeAwayUnused(folder: string): Promise<void> {
    if (this.#users.has(folder) || !existsSync(folder)) return;
    // The mount table has paths without symbolic links.
    if (isMountPoint(folder) && isMountedElsewhere(mounts(), await realpath(folder))) return;
    await this.#ports.takeAway(folder);
  }
}

/** Whether the file system that is mounted at a folder has another mount, as in a pod's folder. Pure. */
export function isMountedElsewhere(
  table: readonly Pick<MountInfo, 'mountPoint' | 'device'>[],
  folder: string,
): boolean {
  const devices = table.filter(({ mountPoint }) => mountPoint === folder).map(({ device }) => device);
  if (devices.length === 0) throw new Error(`${folder} is mounted, and is not in the mount table`);
  return table.some(({ mountPoint, device }) => devices.includes(device) && mountPoint !== folder);
}
