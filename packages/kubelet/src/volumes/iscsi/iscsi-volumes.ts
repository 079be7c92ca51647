// The iSCSI volumes of a node: a LUN is attached and mounted once, below `plugins`, and bind-mounted for each pod. One that
// no pod uses any more is detached in the background, also when an earlier kubelet has left it: what is on the disk tells.
import { existsSync, mkdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { untilAborted } from '@berth/common/abort.ts';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { bindMount, isMountPoint, mounts } from '@berth/linux/mounts/mount.ts';
import type { MountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { contextOption } from '@berth/linux/security/selinux-context.ts';
import type { Pod } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import { pluginName, type VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { NodeSelinux } from '../../node/node-selinux.ts';
import { pluginDirs, volumePath } from '../../paths/pod-paths.ts';
import { BackgroundEnds } from '../background-ends.ts';
import { formatAndMount } from '../format-and-mount.ts';
import { nodePrograms, type RunProgram } from '../node-programs.ts';
import { setVolumeGroup } from '../ownership.ts';
import type { NodeVolume } from '../plugin.ts';
import { mountedContext } from '../selinux/mount-table.ts';
import type { LabelRequest } from '../selinux/request-label.ts';
import { VolumeLabels } from '../selinux/volume-labels.ts';
import { inStep } from '../volume-error.ts';
import { attach, type IscsiNode } from './attach.ts';
import { type Chap, noChap } from './chap.ts';
import { detach } from './detach.ts';
import { hasOwnIface, type IscsiDisk, type IscsiSource, iscsiDisk } from './iscsi-disk.ts';
import { diskIn, globalMount, globalMounts, neighbours } from './iscsi-folders.ts';
import { saveIscsiRecord } from './iscsi-record.ts';
import { Iscsiadm } from './iscsiadm.ts';

const log = createLogger('iscsi-volumes.ts');

/** The longest that a program may take: a large disk is formatted, or checked. */
const programTimeoutMs = 30 * 60_000;

/** The parameters of these volumes. */
export interface IscsiVolumesPorts {
  roots: Parameters<typeof volumePath>[0];
  metrics: Pick<VolumeMetrics, 'operation' | 'selinux'>;
  selinux: NodeSelinux;
  /** LUNs that these pods wait for were unmounted. */
  onUnmounted(uids: Iterable<string>): void;
  /** Runs programs of the node. */
  run?: RunProgram;
  sysfs?: string;
}

/** A volume as a pod or a persistent volume describes it. */
export interface IscsiVolume {
  /** Of its folder in the pod's. */
  name: string;
  source: IscsiSource;
  isReadOnly: boolean;
  /** Of a persistent volume. */
  mountOptions: readonly string[];
  /** The label that the pod wants. */
  label: LabelRequest;
  /** Reads the secret that `source` needs for CHAP; called only then. Rejects when it is missing. */
  secret(): Promise<Readonly<Record<string, string>>>;
}

/** The volumes of one node. */
export class IscsiVolumes {
  readonly #ports: IscsiVolumesPorts;
  readonly #run: RunProgram;
  readonly #node: IscsiNode;
  /** Lock order: the folder of a LUN, then its target. */
  readonly #folders = new KeyedQueue();
  readonly #targets = new KeyedQueue();
  /** By folder, the pods that this kubelet has mounted the LUN for, or is about to. */
  readonly #users = new Map<string, Set<string>>();
  readonly #labels: VolumeLabels;
  readonly #stopped = new AbortController();
  readonly #ends = new BackgroundEnds(this.#stopped.signal);

  constructor(ports: IscsiVolumesPorts) {
    this.#ports = ports;
    this.#labels = new VolumeLabels(ports.metrics.selinux);
    this.#run = ports.run ?? nodePrograms(programTimeoutMs);
    this.#node = { iscsiadm: new Iscsiadm(this.#run), sysfs: ports.sysfs ?? '/sys' };
  }

  /** Detaches what an earlier kubelet has left and no pod has. */
  start(): void {
    this.#sweep();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /**
   * Mounts the volume for the pod. When `signal` is aborted it rejects at once; what is under way goes on to its next step,
   * since iscsid goes on, too. Throws a VolumeRefusal while the LUN has another SELinux label than the pod wants.
   */
  async mount(pod: Pod, volume: IscsiVolume, signal: AbortSignal): Promise<NodeVolume> {
    const disk = iscsiDisk(volume.name, volume.source);
    const folder = globalMount(this.#ports.roots, disk);
    const { uid } = pod.metadata;
    const target = volumePath(this.#ports.roots, uid, pluginDirs.iscsi, volume.name);
    this.#hold(folder, uid);
    const made = this.#folders.run(
      folder,
      async () => {
        const label = await this.#admit(folder, target, uid, volume);
        if (!isMountPoint(folder)) await this.#mountDisk(disk, folder, { ...volume, label }, signal);
        signal.throwIfAborted();
        if (!isMountPoint(target)) {
          mkdirSync(target, { recursive: true, mode: 0o750 });
          bindMount(folder, target, { readonly: volume.isReadOnly });
        }
        if (volume.isReadOnly) return label;
        const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext;
        await setVolumeGroup(target, fsGroup, 'read-write', fsGroupChangePolicy);
        return label;
      },
      signal,
    );
    const label = await untilAborted(made, signal);
    const { isReadOnly } = volume;
    return { from: 'node', path: target, isReadOnly, isRelabelled: !isReadOnly && label === '' };
  }

  /** A pod does not use its volumes any more, or a mount of it is gone: what no pod uses is detached, in the background. */
  release(uid: string): void {
    this.#labels.forget(uid);
    for (const users of this.#users.values()) users.delete(uid);
    this.#sweep();
  }

  #hold(folder: string, uid: string): void {
    const users = this.#users.get(folder) ?? new Set<string>();
    this.#users.set(folder, users);
    users.add(uid);
  }

  /** The label to mount a LUN with. Called while nothing else is done to it. */
  async #admit(folder: string, target: string, uid: string, volume: IscsiVolume): Promise<string> {
    if (!this.#ports.selinux.isEnabled) return '';
    const { name: specName, label: request, source } = volume;
    const found = isMountPoint(folder)
      ? { label: mountedContext(mounts(), await realpath(folder)), isOwn: isMountPoint(target) }
      : undefined;
    try {
      const plugin = pluginName('iscsi');
      const name = `${plugin}/${source.targetPortal}:${source.iqn}:${source.lun}`;
      return this.#labels.admit(
        uid,
        { id: folder, name, specName, plugin, isSupported: true, request },
        found,
      );
    } catch (error) {
      // Once no other pod has the LUN it is detached, and then mounted with the pod's label.
      this.#users.get(folder)?.delete(uid);
      void this.#end(folder);
      throw error;
    }
  }

  async #mountDisk(
    disk: IscsiDisk,
    folder: string,
    { label, ...volume }: Omit<IscsiVolume, 'label'> & { label: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { source, secret } = volume;
    const chap = await inStep('NewMounter initialization', () => chapOf(source, secret));
    const device = await inStep('WaitForAttach', async () => {
      const shown = await this.#node.iscsiadm.showIface(disk.initIface);
      // Noted before anything is done, so that the next kubelet can undo it.
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      await saveIscsiRecord(folder, disk);
      return await this.#targets.run(disk.iqn, async () => {
        if (hasOwnIface(disk)) await this.#node.iscsiadm.cloneIface(disk, shown);
        return await attach(this.#node, disk, chap, signal);
      });
    });
    signal.throwIfAborted();
    const options = diskOptions(volume, label);
    await inStep('MountDevice', () =>
      formatAndMount(this.#run, { device, target: folder, fsType: source.fsType ?? '', options }),
    );
  }

  #sweep(): void {
    globalMounts(this.#ports.roots).then(
      (folders) => {
        for (const folder of folders) void this.#end(folder);
      },
      (error: unknown) => log.error('Failed to look for iSCSI disks that are not used', { err: error }),
    );
  }

  /** Detaches the LUN as soon as that succeeds, unless a pod uses it again. */
  async #end(folder: string): Promise<void> {
    const { signal } = this.#stopped;
    await this.#ends.run(
      folder,
      () => this.#folders.run(folder, () => this.#detachUnused(folder), signal),
      (err, ms) => {
        if (!signal.aborted) log.error('UnmountDevice failed, will try again', { err, folder, ms });
      },
    );
  }

  async #detachUnused(folder: string): Promise<void> {
    const { roots, metrics } = this.#ports;
    if ((this.#users.get(folder)?.size ?? 0) > 0 || !existsSync(folder)) return;
    // The mount table has paths without symbolic links.
    if (isMountPoint(folder) && isMountedElsewhere(mounts(), await realpath(folder))) return;
    await metrics.operation('iscsi', 'unmount_device', async () => {
      while (isMountPoint(folder)) {
        const { code, output } = await this.#run('umount', [folder]);
        if (code !== 0) throw new Error(`failed to unmount ${folder}: ${output.trim()}`);
      }
      const disk = await diskIn(folder);
      await this.#targets.run(disk.iqn, async () => {
        await detach(this.#node, this.#run, disk, await neighbours(roots, folder));
        await removeTree(folder);
      });
    });
    this.#users.delete(folder);
    const waiting = this.#labels.unmounted(folder);
    if (waiting.length > 0) this.#ports.onUnmounted(waiting);
  }
}

/** The options that a LUN is mounted with, for all pods. `label`: the SELinux label of its files; '' for none. Pure. */
export function diskOptions(
  { mountOptions, isReadOnly }: Pick<IscsiVolume, 'mountOptions' | 'isReadOnly'>,
  label: string,
): string[] {
  const own = [isReadOnly ? 'ro' : '', label === '' ? '' : contextOption(label)];
  return [...new Set([...mountOptions, ...own])].filter(Boolean).sort();
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

async function chapOf(source: IscsiSource, secret: IscsiVolume['secret']): Promise<Chap> {
  const { chapAuthDiscovery: discovery = false, chapAuthSession: session = false } = source;
  return discovery || session ? { discovery, session, secret: await secret() } : noChap;
}
