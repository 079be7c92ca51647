// Makes the volumes of CSI drivers for pods, and takes them away: waits until a volume is attached, has it staged once for
// the node and published for each pod, in the order of pkg/volume/csi.
import type { VolumeAttachment } from 'kubernetes-types/storage/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import { NodeServiceCapability_RPC_Type as Capability } from '../../generated/csi.ts';
import { createLogger } from '../../klog/klog.ts';
import { rpcErrorText } from '../../kubecontainer/rpc-error-text.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { Node } from '../../node/status/node-object.ts';
import { Instant } from '../../stats/instant.ts';
import type { FsStats } from '../../stats/stats-api.ts';
import { type DevicePlace, mapDevice, resolveDevice } from '../block/map-device.ts';
import { mapStep } from '../block/map-step.ts';
import type { NodeVolume } from '../plugin.ts';
import type { LabelRequest } from '../selinux/request-label.ts';
import { inStep, MapError, VolumeWait } from '../volume-error.ts';
import { attachProblem, publishContext } from './attachments.ts';
import { type CsiDriverObject, checkLifecycleMode, needsAttach } from './csi-driver-object.ts';
import type { CsiDrivers, DriverCalls } from './csi-drivers.ts';
import { CsiLabels, type CsiLabelsPorts } from './csi-labels.ts';
import { devicePlace, publishTarget } from './csi-paths.ts';
import { type DriverVolume, publishedOf, publishedVolumes, stagedVolumes } from './csi-remains.ts';
import { attachmentName, type CsiVolume, pluginOf, volumeInNodeStatus } from './csi-volume.ts';
import {
  hasFolder,
  type MappedDevice,
  mappedDevices,
  mappedDevicesOf,
  stagedDevices,
} from './device-remains.ts';
import { noteDevice, publishDevice, unpublishDevice } from './publish-device.ts';
import { type PublishPorts, publishMount } from './publish-mount.ts';
import { readSecret } from './secrets.ts';
import { StagedVolumes } from './staged-volumes.ts';
import { volumeCapability } from './volume-capability.ts';
import { removeVolumeDir } from './volume-data.ts';
import { statsOf } from './volume-stats.ts';

const log = createLogger('csi-volumes.ts');

/** How long a volume waits for others until it is looked at again, unless something happens before. */
const waitMs = 10_000;

/** The parameters of these volumes. */
export interface CsiVolumesPorts extends PublishPorts, CsiLabelsPorts {
  drivers: CsiDrivers;
  /** The CSIDriver object of a name. Rejects while they have not been read. */
  driverObject(name: string): Promise<CsiDriverObject | undefined>;
  /** The same at once; undefined while they have not been read. */
  knownDriverObjects(): ReadonlyMap<string, CsiDriverObject> | undefined;
  metrics: Pick<VolumeMetrics, 'operation' | 'selinux'>;
  /** The node as it was observed last. */
  node(): Node | undefined;
  /** The volumes in use have changed: the node's status is to say so. */
  onInUse(): void;
  /** Volumes that these pods wait for were unmounted. */
  onUnmounted(uids: Iterable<string>): void;
}

/** How a volume is mounted. */
export interface CsiMountOptions {
  /** Whether the pod has it already, and the driver is to renew what is in it. */
  isRepeated: boolean;
  label: LabelRequest;
}

/** The volumes of one node. */
export class CsiVolumes {
  readonly #ports: CsiVolumesPorts;
  readonly #staged: StagedVolumes;
  /** By their names in the node's status, volumes that a pod uses or that are staged. */
  readonly #inUse = new Map<string, DriverVolume>();
  #hasRead = false;
  /** By pod, the persistent volumes that it uses. */
  readonly #held = new Map<string, Map<string, DriverVolume>>();
  /** UIDs of pods whose volumes wait for the node's status. */
  readonly #waiting = new Set<string>();
  readonly #labels: CsiLabels;

  constructor(ports: CsiVolumesPorts) {
    this.#ports = ports;
    const { roots, drivers, metrics } = ports;
    this.#labels = new CsiLabels(ports);
    this.#staged = new StagedVolumes({
      roots,
      drivers,
      metrics,
      onUnused: (volume) => {
        if (this.#inUse.delete(volumeInNodeStatus(volume))) ports.onInUse();
        const waiting = this.#labels.unmounted(volume);
        if (waiting.length > 0) ports.onUnmounted(waiting);
      },
    });
  }

  /** Reads what an earlier kubelet has left. */
  async start(): Promise<void> {
    const { roots } = this.#ports;
    const published = (await publishedVolumes(roots)).filter(({ isPersistent }) => isPersistent);
    const staged = [...(await stagedVolumes(roots)), ...(await stagedDevices(roots))];
    for (const volume of [...published, ...staged]) {
      this.#inUse.set(volumeInNodeStatus(volume), volume);
    }
    this.#hasRead = true;
  }

  stop(): void {
    this.#staged.stop();
  }

  /** A driver has come: what an earlier kubelet has left staged and nobody uses is unstaged. */
  driverCame(driver: string): void {
    this.#sweep(driver).catch((error: unknown) => {
      log.error('Failed to look for staged volumes', { err: error, driver });
    });
  }

  async #sweep(driver: string): Promise<void> {
    const { roots } = this.#ports;
    const devices = await mappedDevices(roots);
    // The real kubelet may be killed while it publishes a device, and removes the folder of its pod then.
    for (const device of devices.filter((each) => each.driver === driver && !hasFolder(roots, each.uid))) {
      await this.#unmapDevice(device).catch((error: unknown) => {
        log.error('UnmapVolume failed', { err: rpcErrorText(error), driver, volume: device.specName });
      });
    }
    await this.#staged.sweep(driver);
  }

  /** The volumes in use that controllers attach; undefined while that is not known. */
  inUse(): string[] | undefined {
    const objects = this.#ports.knownDriverObjects();
    if (!this.#hasRead || !objects) return undefined;
    return [...this.#inUse]
      .filter(([, { driver }]) => needsAttach(objects.get(driver)))
      .map(([name]) => name)
      .sort();
  }

  /** The pods that wait for the node's status, once: they are to look again. */
  takeWaiting(): string[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }

  /** Mounts the volume for the pod. Throws a VolumeRefusal while it has another label than the pod wants. */
  async mount(
    pod: Pod,
    volume: CsiVolume,
    { isRepeated, label }: CsiMountOptions,
  ): Promise<{ prepared: NodeVolume; path: string }> {
    const { drivers, metrics, driverObject } = this.#ports;
    const object = await driverObject(volume.driver);
    checkLifecycleMode(volume.driver, object, volume.mode);
    const wanted = { volume, object, request: label };
    const operation = (run: (calls: DriverCalls) => Promise<string>): Promise<string> =>
      metrics.operation(pluginOf(volume.driver), 'volume_mount', () => drivers.use(volume.driver, run));
    if (volume.mode === 'Ephemeral') {
      if (!isRepeated) this.#labels.countInline(wanted);
      const state = { object, stagedAt: undefined, context: {}, isRepeated };
      const path = await operation((calls) => publishMount(this.#ports, pod, volume, { calls, ...state }));
      return { prepared: await this.#labels.prepared(volume, path), path };
    }
    const context = await this.#attached(pod, volume, object);
    return await this.#staged.exclusively(volume, async () => {
      const labelled = await this.#labels.admit(pod, wanted).catch((error: unknown) => {
        // Once no other pod has the volume it is unstaged, and then staged with the pod's label.
        this.#staged.release(volume, pod.metadata.uid);
        throw error;
      });
      const path = await operation(async (calls) => {
        await this.#checkSoleUser(pod, volume);
        const stagedAt = await inStep('MountDevice', () => this.#stage(pod, labelled, calls, context));
        return publishMount(this.#ports, pod, labelled, { calls, object, stagedAt, context, isRepeated });
      });
      return { prepared: await this.#labels.prepared(labelled, path), path };
    });
  }

  /**
   * Gives the pod the block device of a persistent volume. Called again, the driver publishes it again.
   *
   * @throws MapError that names the step, or VolumeWait
   */
  async map(pod: Pod, volume: CsiVolume): Promise<{ place: DevicePlace; device: string }> {
    const { drivers, metrics, driverObject, roots } = this.#ports;
    const { driver, specName } = volume;
    const place = devicePlace(roots, specName, pod.metadata.uid);
    const object = await driverObject(driver);
    const context = await mapStep('WaitForAttach', specName, () => this.#attached(pod, volume, object));
    if (!drivers.names().includes(driver)) {
      const problem = `driver name ${driver} not found in the list of registered CSI drivers`;
      const where = 'kubernetes.io/csi: blockMapper.SetUpDevice failed to get CSI client';
      throw new MapError('SetUpDevice failed', specName, `${where}: ${problem}`);
    }
    const device = await metrics.operation(pluginOf(driver), 'map_volume', () =>
      drivers.use(driver, (calls) =>
        this.#staged.exclusively(volume, async () => {
          await mapStep('SetUpDevice', specName, async () => {
            await this.#checkSoleUser(pod, volume);
            await noteDevice(this.#ports, volume);
            await this.#stage(pod, volume, calls, context);
          });
          const published = await mapStep('MapPodDevice', specName, () =>
            publishDevice(this.#ports, pod, volume, { calls, object, context }),
          );
          const found = await mapStep('EvalHostSymlinks', specName, () => resolveDevice(published));
          await mapStep('MapBlockVolume', specName, async () => mapDevice(place, found));
          return found;
        }),
      ),
    );
    return { place, device };
  }

  /** Whether the driver of a volume is to publish it again and again. */
  async isRepublished(driver: string): Promise<boolean> {
    return (await this.#ports.driverObject(driver))?.spec.requiresRepublish === true;
  }

  /** How full the volume is that is published at `path`; undefined when its driver cannot say. */
  async stats({ driver, handle }: DriverVolume, path: string): Promise<FsStats | undefined> {
    return await this.#ports.drivers.use(driver, async ({ node, can }) => {
      if (!(await can(Capability.GET_VOLUME_STATS))) return undefined;
      const { usage } = await node.nodeGetVolumeStats({ volumeId: handle, volumePath: path });
      return statsOf(usage, Instant.ofMs(Date.now()));
    });
  }

  /** Has the driver grow the file system at `path`, or the device there. False: it cannot. */
  async expand(volume: CsiVolume, path: string, bytes: bigint): Promise<boolean> {
    const { drivers, metrics, client } = this.#ports;
    const { driver, handle, accessModes } = volume;
    const secrets = await readSecret(client, volume.expandSecret, 'NodeExpandSecretRef');
    const place = this.#staged.place(volume);
    return await drivers.use(driver, async ({ node, can }) => {
      if (!(await can(Capability.EXPAND_VOLUME))) return false;
      const isStaged = await can(Capability.STAGE_UNSTAGE_VOLUME);
      const hasSingleNodeMultiWriter = await can(Capability.SINGLE_NODE_MULTI_WRITER);
      await metrics.operation(pluginOf(driver), 'volume_fs_resize', () =>
        node.nodeExpandVolume({
          volumeId: handle,
          volumePath: path,
          capacityRange: { requiredBytes: bytes },
          stagingTargetPath: isStaged ? place.path : '',
          volumeCapability: volumeCapability({
            accessMode: accessModes?.[0],
            hasSingleNodeMultiWriter,
            use: place.use(volume, undefined),
          }),
          secrets,
        }),
      );
      return true;
    });
  }

  /** Takes away all volumes of a pod, of which nothing runs any more. */
  async unmount(uid: string): Promise<void> {
    const { roots, drivers, metrics } = this.#ports;
    this.#waiting.delete(uid);
    this.#labels.forget(uid);
    for (const { directory, driver, handle, isPersistent } of await publishedOf(roots, uid)) {
      const target = publishTarget(directory);
      await metrics.operation(pluginOf(driver), 'volume_unmount', () =>
        drivers.use(driver, ({ node }) => node.nodeUnpublishVolume({ volumeId: handle, targetPath: target })),
      );
      if (removeVolumeDir(directory, target) === 'still mounted') {
        throw new Error(`the driver ${driver} has left ${target} mounted`);
      }
      if (isPersistent) this.#staged.release({ volumeMode: 'Filesystem', driver, handle }, uid);
    }
    for (const device of await mappedDevicesOf(roots, uid)) await this.#unmapDevice(device);
    // Those that were never published.
    for (const volume of this.#held.get(uid)?.values() ?? []) this.#staged.release(volume, uid);
    this.#held.delete(uid);
  }

  async #unmapDevice(device: MappedDevice): Promise<void> {
    const { drivers, metrics } = this.#ports;
    await metrics.operation(pluginOf(device.driver), 'unmap_volume', () =>
      drivers.use(device.driver, (calls) => unpublishDevice(this.#ports, calls, device)),
    );
    this.#staged.release(device, device.uid);
  }

  /** Throws when another pod has a volume that only one may have. Called while nothing else is done to it. */
  async #checkSoleUser({ metadata }: Pod, volume: CsiVolume): Promise<void> {
    const { accessModes = [] } = volume;
    if (accessModes.length !== 1 || accessModes[0] !== 'ReadWriteOncePod') return;
    const pods = await this.#staged.place(volume).publishedFor();
    if (pods.every((uid) => uid === metadata.uid)) return;
    throw new Error('volume uses the ReadWriteOncePod access mode and is already in use by another pod');
  }

  #hold(volume: CsiVolume, uid: string, isAttached: boolean): void {
    const name = volumeInNodeStatus(volume);
    const held = this.#held.get(uid) ?? new Map<string, DriverVolume>();
    this.#held.set(uid, held);
    held.set(name, volume);
    this.#staged.hold(volume, uid);
    if (this.#inUse.has(name)) return;
    this.#inUse.set(name, volume);
    if (isAttached) this.#ports.onInUse();
  }

  /** What the attacher of a persistent volume says to the driver. Throws while the volume is not attached. */
  async #attached(
    pod: Pod,
    volume: CsiVolume,
    object: CsiDriverObject | undefined,
  ): Promise<Record<string, string>> {
    const { client, node, nodeName } = this.#ports;
    const isAttached = needsAttach(object);
    this.#hold(volume, pod.metadata.uid, isAttached);
    if (!isAttached) return {};
    const problem = attachProblem(node(), volumeInNodeStatus(volume));
    if (problem !== undefined) {
      this.#waiting.add(pod.metadata.uid);
      throw new VolumeWait(`${problem} for volume "${volume.specName}"`, waitMs);
    }
    const name = attachmentName(volume, nodeName);
    const attachments = { group: 'storage.k8s.io', version: 'v1', plural: 'volumeattachments' };
    return publishContext(await client.get<VolumeAttachment>(attachments, { name }), volume.handle);
  }

  #stage(
    pod: Pod,
    volume: CsiVolume,
    calls: DriverCalls,
    context: Record<string, string>,
  ): Promise<string | undefined> {
    const request = async () => ({
      volume,
      publishContext: context,
      secrets: await readSecret(this.#ports.client, volume.stageSecret, 'NodeStageSecretRef'),
      fsGroup: pod.spec.securityContext.fsGroup,
    });
    return this.#staged.stage(calls, request, volume);
  }
}
