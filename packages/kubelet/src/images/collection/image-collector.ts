// Removes images that no container uses: when the disk fills up, when they are old, or when the node needs the space.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-lifecycle
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import type { ImageClient, RuntimeClient } from '@berth/cri/client/client.ts';
import type { NodeRecorder } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import { unlessGone } from '../../kuberuntime/unless-gone.ts';
import type { ImageMetrics } from '../../metrics/image-metrics.ts';
import type { ImageCollectionPolicy } from '../../options/pressure-options.ts';
import { bytesToFree, type ImageDisk, notEnoughText, usedPercent } from './disk-use.ts';
import { type ImageRecord, type ImageRecords, isOld, isRemovable, seen, unused } from './image-records.ts';

const log = createLogger('image-collector.ts');

const intervalMs = 5 * 60_000;

/** What the collection uses. */
export interface ImageCollectorPorts {
  runtime: Pick<RuntimeClient, 'listContainers' | 'containerStatus'>;
  image: Pick<ImageClient, 'listImages' | 'removeImage'>;
  policy: ImageCollectionPolicy;
  /** The file system of images; undefined when it is not known. */
  disk(): Promise<ImageDisk | undefined>;
  events: NodeRecorder;
  metrics: Pick<ImageMetrics, 'collected'>;
  /** An image was removed: what is remembered of it is void. */
  onRemoved(id: string): Promise<void>;
}

/** Looks for unused images every five minutes, and on request. */
export class ImageCollector {
  readonly #ports: ImageCollectorPorts;
  readonly #stopped = new AbortController();
  readonly #startedAt = Date.now();
  /** One collection at a time: two would count the same images. */
  readonly #turns = new Semaphore(1);
  #records: ImageRecords = new Map();
  #hasFailed = false;

  constructor(ports: ImageCollectorPorts) {
    this.#ports = ports;
  }

  /** Collects from now on; returns at once. */
  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Removes all images that no container uses and that are old enough. */
  async removeUnused(): Promise<void> {
    log.info('Attempting to delete unused images');
    await this.#turns.run(async () => {
      const now = Date.now();
      await this.#free(await this.#candidates(now), undefined, now);
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#turns.run(() => this.#collect(Date.now()));
        this.#hasFailed = false;
      } catch (error) {
        if (!signal.aborted) this.#tellFailure(error);
      }
      await sleepUntilAborted(intervalMs, signal, { ref: false });
    }
  }

  #tellFailure(error: unknown): void {
    // The first one may be due to a runtime that has just started.
    if (this.#hasFailed) {
      log.error('Image garbage collection failed multiple times in a row', { err: error });
      this.#ports.events.recordOfNode('Warning', 'ImageGCFailed', messageOf(error));
    } else log.error('Image garbage collection failed once', { err: error });
    this.#hasFailed = true;
  }

  async #collect(now: number): Promise<void> {
    const { policy, disk: readDisk, events } = this.#ports;
    const candidates = await this.#candidates(now);
    if (policy.highPercent === 100 && policy.maxAgeMs === 0) return;
    const kept = await this.#removeOld(candidates, now);
    const disk = await readDisk();
    if (disk === undefined) return;
    if (disk.capacity === 0n) {
      const problem = 'invalid capacity 0 on image filesystem';
      events.recordOfNode('Warning', 'InvalidDiskCapacity', problem);
      throw new Error(problem);
    }
    const wanted = bytesToFree(disk, policy);
    if (wanted === undefined) return;
    log.info(
      'Disk usage on image filesystem is over the high threshold, freeing bytes down to the low threshold',
      {
        usage: usedPercent(disk),
        highThreshold: policy.highPercent,
        amountToFree: wanted,
        lowThreshold: policy.lowPercent,
      },
    );
    const freed = await this.#free(kept, wanted, now);
    if (freed >= wanted) return;
    const problem = notEnoughText(disk, freed);
    events.recordOfNode('Warning', 'FreeDiskSpaceFailed', problem);
    throw new Error(problem);
  }

  /** Reads images and containers; the images that none of these uses. */
  async #candidates(now: number): Promise<ImageRecord[]> {
    const { runtime, image } = this.#ports;
    const [{ images }, { containers }] = await Promise.all([
      image.listImages({}),
      runtime.listContainers({}),
    ]);
    const inUse = new Set(containers.flatMap(({ imageId, imageRef }) => [imageId || imageRef, imageRef]));
    const present = images.map(({ id, size, pinned }) => ({ id, sizeBytes: size, isPinned: pinned }));
    this.#records = seen(this.#records, present, { inUse, now });
    const candidates = unused(this.#records, inUse);
    if (candidates.length === 0) return [];
    // Only a container's status tells of its image volumes.
    const mounted = await this.#mountedImages(containers.map(({ id }) => id));
    this.#records = seen(this.#records, present, { inUse: mounted, now });
    return unused(this.#records, new Set([...inUse, ...mounted]));
  }

  async #mountedImages(containerIds: readonly string[]): Promise<Set<string>> {
    const ids = new Set<string>();
    for (const containerId of containerIds) {
      const answer = await unlessGone(this.#ports.runtime.containerStatus({ containerId }));
      for (const { image } of answer?.status?.mounts ?? []) if (image?.image) ids.add(image.image);
    }
    return ids;
  }

  async #removeOld(candidates: readonly ImageRecord[], now: number): Promise<ImageRecord[]> {
    const { maxAgeMs } = this.#ports.policy;
    // This kubelet does not know what was used before it started.
    if (maxAgeMs === 0 || now - this.#startedAt <= maxAgeMs) return [...candidates];
    const kept: ImageRecord[] = [];
    for (const candidate of candidates) {
      if (isOld(candidate, maxAgeMs, now)) await this.#remove(candidate, 'age');
      else kept.push(candidate);
    }
    return kept;
  }

  /** Removes images until so many bytes are free; `wanted` undefined: all. Returns the bytes of those that it removed. */
  async #free(candidates: readonly ImageRecord[], wanted: bigint | undefined, now: number): Promise<bigint> {
    let freed = 0n;
    const failures: unknown[] = [];
    for (const candidate of candidates) {
      if (wanted !== undefined && freed >= wanted) break;
      if (!isRemovable(candidate, this.#ports.policy.minAgeMs, now)) continue;
      try {
        await this.#remove(candidate, 'space');
        freed += candidate.sizeBytes;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 0) return freed;
    const problems = failures.map(messageOf).join(', ');
    throw new Error(
      `freed ${freed} bytes of ${wanted ?? 'all unused images'}; images could not be removed: ${problems}`,
    );
  }

  async #remove({ id, sizeBytes }: ImageRecord, reason: 'age' | 'space'): Promise<void> {
    const { image, metrics, onRemoved } = this.#ports;
    log.info('Removing image to free bytes', { imageID: id, size: sizeBytes });
    await image.removeImage({ image: { image: id } });
    this.#records = new Map([...this.#records].filter(([each]) => each !== id));
    metrics.collected(reason);
    await onRemoved(id);
  }
}
