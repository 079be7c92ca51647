// Persistent volumes that are a directory of this node, or a disk of it with a file system: what each pod gets is a bind
// mount. A disk is mounted once, below `plugins`, and formatted first when it is empty.
// https://kubernetes.io/docs/concepts/storage/volumes/#local
import { mkdirSync } from 'node:fs';
import { realpath, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { untilAborted } from '@berth/common/abort.ts';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { bindMount, isMountAttribute, isMountPoint, mounts } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../../api/pod.ts';
import { aboutPod, type Recorder } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import { pluginDirs, podsDir, volumePath } from '../../paths/pod-paths.ts';
import { DeviceMounts } from '../device-mounts.ts';
import { diskOptions } from '../disk-options.ts';
import { formatAndMount, unmountDisk } from '../format-and-mount.ts';
import { mountRefs } from '../mount-refs.ts';
import { diskPrograms, type RunProgram } from '../node-programs.ts';
import { setVolumeGroup } from '../ownership.ts';
import type { NodeVolume } from '../plugin.ts';
import { entries } from '../pod-dir.ts';
import { inStep } from '../volume-error.ts';
import { localPlugin } from './local-device.ts';

const log = createLogger('local-volumes.ts');

/** The parameters of these volumes. */
export interface LocalVolumesPorts {
  roots: Parameters<typeof volumePath>[0];
  metrics: Pick<VolumeMetrics, 'operation'>;
  events: Recorder;
  /** Runs programs of the node. */
  run?: RunProgram;
}

/** A local volume. */
export interface LocalVolume {
  /** The persistent volume's name. */
  name: string;
  /** Of the directory or block device. */
  path: string;
  /** Of a disk. */
  fsType: string;
  /** Of a disk, and of the mount for the pod. */
  mountOptions: readonly string[];
  isReadOnly: boolean;
}

/** The volumes of one node. */
export class LocalVolumes {
  readonly #ports: LocalVolumesPorts;
  readonly #run: RunProgram;
  /** Also keeps pods with the same directory one after the other. */
  readonly #mounts: DeviceMounts;

  constructor(ports: LocalVolumesPorts) {
    this.#ports = ports;
    this.#run = ports.run ?? diskPrograms();
    const folder = disksDir(ports.roots);
    this.#mounts = new DeviceMounts({
      folders: async () => (await entries(folder)).map((name) => join(folder, name)),
      takeAway: (disk) => this.#unmount(disk),
    });
  }

  /** Unmounts the disks that an earlier kubelet has left and no pod has. */
  start(): void {
    this.#mounts.sweep();
  }

  stop(): void {
    this.#mounts.stop();
  }

  /**
   * Mounts the volume for the pod. When `signal` is aborted it rejects at once; a program that runs is not ended.
   *
   * @throws VolumeStepError that names the step
   */
  async mount(pod: Pod, volume: LocalVolume, signal: AbortSignal): Promise<NodeVolume> {
    const { roots } = this.#ports;
    const { name, path, isReadOnly } = volume;
    const { uid } = pod.metadata;
    const target = volumePath(roots, uid, pluginDirs.local, name);
    const disk = join(disksDir(roots), name);
    const prepared: NodeVolume = { from: 'node', path: target, isReadOnly, isRelabelled: !isReadOnly };
    // The device may have another path by now.
    if (isMountPoint(target)) return prepared;
    const isDisk = await inStep('NewMounter initialization', () => isBlockDevice(path));
    if (!isDisk && path.split('/').includes('..')) {
      throw new Error(`invalid path: ${path} must not contain '..'`);
    }
    if (isDisk) this.#mounts.hold(disk, uid);
    const source = isDisk ? disk : path;
    const made = this.#mounts.exclusively(
      source,
      async () => {
        if (isDisk) await inStep('MountDevice', () => this.#mountDisk(volume, disk));
        signal.throwIfAborted();
        await this.#prepareGroup(pod, volume, source);
        // From here to the mount without a wait: what the end of a pod removes is not mounted meanwhile.
        signal.throwIfAborted();
        bind(volume, source, target);
      },
      signal,
    );
    await untilAborted(made, signal);
    return prepared;
  }

  /** A pod does not use its volumes any more, or a mount of it is gone: unmounts, in the background, disks without pods. */
  release(uid: string): void {
    this.#mounts.release(uid);
  }

  async #mountDisk({ path, fsType, mountOptions, isReadOnly }: LocalVolume, folder: string): Promise<void> {
    if (isMountPoint(folder)) return;
    // Noted before anything is done, so that the next kubelet can undo it.
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    const options = diskOptions({ mountOptions, isReadOnly, label: '' });
    try {
      await formatAndMount(this.#run, { device: path, target: folder, fsType, options });
    } catch (error) {
      await rmdir(folder).catch((err: unknown) => log.warn('Failed to remove a folder', { err, folder }));
      throw new Error(
        `local: failed to mount device ${path} at ${folder} (fstype: ${fsType}), error ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Gives the volume to the pod's group before it is mounted for the pod: the mount is the sign that all is done. */
  async #prepareGroup(pod: Pod, { name, isReadOnly }: LocalVolume, source: string): Promise<void> {
    const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext;
    if (fsGroup === undefined) return;
    const directory = await realpath(source);
    if (await this.#isMountedForPods(directory)) await this.#tellOtherGroup(pod, name, directory, fsGroup);
    // What is mounted below keeps its groups.
    else if (!isReadOnly) await setVolumeGroup(directory, fsGroup, 'read-write', fsGroupChangePolicy);
  }

  async #isMountedForPods(directory: string): Promise<boolean> {
    const pods = `${await realpath(podsDir(this.#ports.roots))}/`;
    return mountRefs(mounts(), directory).some((path) => path.startsWith(pods));
  }

  /** Pods that have the volume already keep its group. */
  async #tellOtherGroup(pod: Pod, name: string, directory: string, fsGroup: number): Promise<void> {
    const { gid } = await stat(directory);
    if (gid === fsGroup) return;
    const message = `The requested fsGroup is ${fsGroup}, but the volume ${name} has GID ${gid}. The volume may not be shareable.`;
    this.#ports.events.record(aboutPod(pod), 'Warning', 'AlreadyMountedVolume', message);
  }

  async #unmount(folder: string): Promise<void> {
    await this.#ports.metrics.operation(localPlugin, 'unmount_device', async () => {
      await unmountDisk(this.#run, folder);
      // Not with what is in it: it is empty, unless a killed kubelet's mount(8) has mounted the disk just now.
      await rmdir(folder);
    });
  }
}

/** Mounts the directory, or that of the disk, for a pod, unless that was done. */
function bind({ mountOptions, isReadOnly }: LocalVolume, source: string, target: string): void {
  if (isMountPoint(target)) return;
  mkdirSync(target, { recursive: true, mode: 0o750 });
  // Other options are of file systems, and a directory is on one that is mounted.
  bindMount(source, target, { readonly: isReadOnly, attributes: mountOptions.filter(isMountAttribute) });
}

/** Where disks are mounted, by the names of their persistent volumes. */
function disksDir({ rootDir }: LocalVolumesPorts['roots']): string {
  return join(rootDir, 'plugins', localPlugin, 'mounts');
}

/** Whether it is a block device, and not a directory. Throws when it is neither. */
async function isBlockDevice(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isBlockDevice() || found.isDirectory()) return found.isBlockDevice();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new Error(`path ${JSON.stringify(path)} does not exist`);
    throw error;
  }
  throw new Error('only directory and block device are supported');
}
