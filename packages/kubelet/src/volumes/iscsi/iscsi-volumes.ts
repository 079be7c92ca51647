// The iSCSI volumes of a node: a LUN is attached and mounted once, below `plugins`, and bind-mounted for each pod. One that
// no pod uses any more is detached in the background.
import { mkdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { untilAborted } from '@berth/common/abort.ts';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { bindMount, isMountPoint, mounts } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../../api/pod.ts';
import { pluginName, type VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { NodeSelinux } from '../../node/node-selinux.ts';
import { pluginDirs, volumePath } from '../../paths/pod-paths.ts';
import { DeviceMounts } from '../device-mounts.ts';
import { diskOptions } from '../disk-options.ts';
import { formatAndMount, unmountDisk } from '../format-and-mount.ts';
import { diskPrograms, type RunProgram } from '../node-programs.ts';
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
  readonly #mounts: DeviceMounts;
  readonly #targets = new KeyedQueue();
  readonly #labels: VolumeLabels;

  constructor(ports: IscsiVolumesPorts) {
    this.#ports = ports;
    this.#labels = new VolumeLabels(ports.metrics.selinux);
    this.#run = ports.run ?? diskPrograms();
    this.#node = { iscsiadm: new Iscsiadm(this.#run), sysfs: ports.sysfs ?? '/sys' };
    this.#mounts = new DeviceMounts({
      folders: () => globalMounts(ports.roots),
      takeAway: (folder) => this.#detach(folder),
    });
  }

  /** Detaches what an earlier kubelet has left and no pod has. */
  start(): void {
    this.#mounts.sweep();
  }

  stop(): void {
    this.#mounts.stop();
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
    this.#mounts.hold(folder, uid);
    const made = this.#mounts.exclusively(
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
    this.#mounts.release(uid);
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
      this.#mounts.drop(folder, uid);
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
    const options = diskOptions({ ...volume, label });
    await inStep('MountDevice', () =>
      formatAndMount(this.#run, { device, target: folder, fsType: source.fsType ?? '', options }),
    );
  }

  async #detach(folder: string): Promise<void> {
    const { roots, metrics } = this.#ports;
    await metrics.operation('iscsi', 'unmount_device', async () => {
      await unmountDisk(this.#run, folder);
      const disk = await diskIn(folder);
      await this.#targets.run(disk.iqn, async () => {
        await detach(this.#node, this.#run, disk, await neighbours(roots, folder));
        await removeTree(folder);
      });
    });
    const waiting = this.#labels.unmounted(folder);
    if (waiting.length > 0) this.#ports.onUnmounted(waiting);
  }
}

async function chapOf(source: IscsiSource, secret: IscsiVolume['secret']): Promise<Chap> {
  const { chapAuthDiscovery: discovery = false, chapAuthSession: session = false } = source;
  return discovery || session ? { discovery, session, secret: await secret() } : noChap;
}
