// Stages volumes for all pods of the node, and unstages them when no pod uses them any more, also those of pods of an earlier
// kubelet. What is done to one volume is done one after the other.
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { NodeServiceCapability_RPC_Type as Capability } from '../../generated/csi.ts';
import { createLogger } from '../../klog/klog.ts';
import { rpcErrorText } from '../../kubecontainer/rpc-error-text.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import { BackgroundEnds } from '../background-ends.ts';
import { type CsiDrivers, type DriverCalls, isFinal } from './csi-drivers.ts';
import { type DriverVolume, stagedVolumes } from './csi-remains.ts';
import { type CsiVolume, pluginOf } from './csi-volume.ts';
import { stagedDevices } from './device-remains.ts';
import { type StagingPlace, stagingPlace } from './staging-place.ts';
import { volumeCapability } from './volume-capability.ts';

const log = createLogger('staged-volumes.ts');

/** What a driver is told to stage a volume. */
export interface StageRequest {
  volume: CsiVolume;
  publishContext: Record<string, string>;
  secrets: Record<string, string>;
  fsGroup: number | undefined;
}

/** The parameters of staging. */
export interface StagedVolumesPorts {
  roots: Parameters<typeof stagingPlace>[0];
  drivers: CsiDrivers;
  metrics: Pick<VolumeMetrics, 'operation'>;
  /** Nothing on this node uses the volume any more. */
  onUnused(volume: DriverVolume): void;
}

/** The staged volumes of a node. */
export class StagedVolumes {
  readonly #ports: StagedVolumesPorts;
  readonly #queue = new KeyedQueue();
  /** By folder, the pods that this kubelet has set volumes up for, or is about to. */
  readonly #users = new Map<string, Set<string>>();
  /** Folders of volumes that were staged by this kubelet. */
  readonly #staged = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #ends = new BackgroundEnds(this.#stopped.signal);

  constructor(ports: StagedVolumesPorts) {
    this.#ports = ports;
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Notes that a pod uses the volume: it stays staged. */
  hold(volume: DriverVolume, uid: string): void {
    const { directory } = this.place(volume);
    const users = this.#users.get(directory) ?? new Set<string>();
    this.#users.set(directory, users);
    users.add(uid);
  }

  /** A pod does not use the volume any more: unstages it, in the background, if no other does. */
  release(volume: DriverVolume, uid: string): void {
    this.#users.get(this.place(volume).directory)?.delete(uid);
    void this.#end(volume);
  }

  /** Unstages what an earlier kubelet has left staged of a driver. */
  async sweep(driver: string): Promise<void> {
    const { roots } = this.#ports;
    const staged = [...(await stagedVolumes(roots, driver)), ...(await stagedDevices(roots, driver))];
    for (const volume of staged) void this.#end(volume);
  }

  /** Where the volume is staged, by a driver that stages. */
  place(volume: DriverVolume): StagingPlace {
    return stagingPlace(this.#ports.roots, volume);
  }

  /** Runs `run` while nothing else is done to the volume. */
  async exclusively<Result>(volume: DriverVolume, run: () => Promise<Result>): Promise<Result> {
    return await this.#queue.run(this.place(volume).directory, run);
  }

  /**
   * Stages the volume unless this kubelet has done so. Called while nothing else is done to it.
   *
   * @returns where it is staged; undefined for a driver that stages nothing
   */
  async stage(
    calls: DriverCalls,
    request: () => Promise<StageRequest>,
    volume: CsiVolume,
  ): Promise<string | undefined> {
    if (!(await calls.can(Capability.STAGE_UNSTAGE_VOLUME))) return undefined;
    const place = this.place(volume);
    const { directory, path } = place;
    if (this.#staged.has(directory)) return path;
    const { publishContext, secrets, fsGroup } = await request();
    const [hasSingleNodeMultiWriter, appliesGroup] = [
      await calls.can(Capability.SINGLE_NODE_MULTI_WRITER),
      await calls.can(Capability.VOLUME_MOUNT_GROUP),
    ];
    const { accessModes, handle, attributes } = volume;
    await place.prepare(volume);
    try {
      await calls.node.nodeStageVolume({
        volumeId: handle,
        publishContext,
        stagingTargetPath: path,
        volumeCapability: volumeCapability({
          accessMode: accessModes?.[0],
          hasSingleNodeMultiWriter,
          use: place.use(volume, appliesGroup ? fsGroup : undefined),
        }),
        secrets,
        volumeContext: { ...attributes },
      });
    } catch (error) {
      // Otherwise the driver may still be at it: it is unstaged when the pod ends.
      if (isFinal(error) && (await place.publishedFor()).length === 0) await place.remove();
      throw error;
    }
    this.#staged.add(directory);
    return path;
  }

  /** Unstages the volume as soon as that succeeds, unless a pod uses it again. */
  async #end(volume: DriverVolume): Promise<void> {
    const place = this.place(volume);
    await this.#ends.run(
      place.directory,
      () => this.exclusively(volume, () => this.#unstageUnused(volume, place)),
      (error, ms) => {
        const { driver, handle } = volume;
        const err = rpcErrorText(error);
        log.error('UnmountDevice failed, will try again', { err, driver, volume: handle, ms });
      },
    );
  }

  async #unstageUnused(volume: DriverVolume, place: StagingPlace): Promise<void> {
    const { drivers, metrics, onUnused } = this.#ports;
    const { directory, path } = place;
    if ((this.#users.get(directory)?.size ?? 0) > 0) return;
    if ((await place.publishedFor()).length > 0) return;
    const { driver, handle } = volume;
    if (await place.isNoted()) {
      this.#staged.delete(directory);
      await metrics.operation(pluginOf(driver), place.unstages, async () => {
        await drivers.use(driver, async ({ node, can }) => {
          if ((await can(Capability.STAGE_UNSTAGE_VOLUME)) && place.mayBeStaged()) {
            await node.nodeUnstageVolume({ volumeId: handle, stagingTargetPath: path });
          }
        });
        if ((await place.remove()) === 'still mounted') {
          throw new Error(`the driver has left ${path} mounted`);
        }
      });
    }
    this.#users.delete(directory);
    onUnused(volume);
  }
}
