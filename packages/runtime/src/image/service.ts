// Opens the image store and coordinates pulls, imports, removals and clean-ups on it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { makeDirectories, makePrivateDirectory } from '@berth/common/files/directories.ts';
import { syncFilesystem } from '@berth/linux/files/sync-filesystem.ts';
import { releaseFreedMemory, returnLargeBlocks } from '@berth/linux/processes/free-memory.ts';
import { ContentStore } from '@berth/oci/content/store.ts';
import { TokenCache } from '@berth/oci/registry/auth/token-cache.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../logging/log.ts';
import { noTracing, type Tracer } from '../observability/tracing/tracer.ts';
import { messageWithCauses, wrongState } from '../rpc/errors.ts';
import { LayerFlusher, removeDamaged } from './durability.ts';
import { collectGarbage, leftoversKeptFor } from './gc.ts';
import { LayerStore } from './layer-store.ts';
import { findImage, repoNames } from './names.ts';
import { OperationGate } from './operation-gate.ts';
import { pinnedBy } from './pinned.ts';
import { reconcileImages } from './reconcile.ts';
import { ImageRecords } from './records.ts';
import type { ImageRootfs } from './rootfs.ts';
import type { StoredImage } from './rows.ts';
import { SharedPulls } from './shared-pulls.ts';
import type { ImageStore } from './store.ts';

/** The settings of images. */
export interface ImageSettings {
  readonly limits: Config['image'];
  readonly registry: Config['registry'];
}

/** Options of ImageService.open(). */
export interface ImageServiceOptions extends ImageSettings {
  /** berthd's root directory; images are below `images/` in it. */
  root: string;
  database: DatabaseSync;
  /** Ids of the images that containers use. */
  usedImages: () => Iterable<string>;
  log: Logger;
  tracer?: Tracer;
  /** The content of /proc/sys/kernel/random/boot_id. */
  bootId?: string;
  /** Flushes the file system of a directory, as syncfs(2). */
  sync?: (directory: string) => Promise<void>;
}

/** Milliseconds that an image is kept after a lookup although no container uses it yet. */
const handedOutFor = 10_000;

/** The image store with pulls and clean-ups, for the image RPCs and CreateContainer. */
export class ImageService implements ImageStore {
  readonly records: ImageRecords;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  /** berthd's root directory, which survives a reboot. */
  readonly root: string;
  readonly log: Logger;
  readonly tracer: Tracer;
  /** All operations that add or remove images run in this gate, so that no clean-up runs meanwhile. */
  readonly gate: OperationGate;
  readonly flusher: LayerFlusher;
  readonly tokens = new TokenCache();
  readonly pulls = new SharedPulls();
  /** Times of lookups in milliseconds since 1970, by image id. */
  readonly #handedOut = new Map<string, number>();
  #recheck: NodeJS.Timeout | undefined;
  /** When the oldest remains of an interrupted pull were written, in milliseconds since 1970. */
  #oldestLeftover: number | undefined;
  /** Whether the next clean-up deletes the remains of interrupted pulls whatever their age. */
  #freesLeftovers = false;
  readonly #emptyLayer: string;
  readonly #bootId: string;
  readonly #inUse: () => Iterable<string>;
  #settings: ImageSettings;

  private constructor(
    records: ImageRecords,
    content: ContentStore,
    emptyLayer: string,
    options: ImageServiceOptions,
  ) {
    this.records = records;
    this.content = content;
    this.#emptyLayer = emptyLayer;
    this.root = options.root;
    this.#settings = options;
    this.#inUse = options.usedImages;
    this.log = options.log;
    this.tracer = options.tracer ?? noTracing;
    const { bootId = currentBoot(), sync = syncFilesystem } = options;
    this.#bootId = bootId;
    this.layers = new LayerStore(join(options.root, 'images/layers'), records, bootId, options.log);
    this.flusher = new LayerFlusher(records, options.log, () => sync(this.layers.dir));
    this.gate = new OperationGate(() => this.#cleanUp());
  }

  /** Opens the store, and removes the partial work of a killed berthd. */
  static async open(options: ImageServiceOptions): Promise<ImageService> {
    // The C library returns freed decompression windows, which are large blocks, to the kernel at once.
    returnLargeBlocks();
    const dir = join(options.root, 'images');
    const emptyLayer = join(dir, 'empty');
    makePrivateDirectory(dir);
    makePrivateDirectory(join(dir, 'layers'));
    await makeDirectories(emptyLayer, 0o755);
    const content = await ContentStore.open(join(dir, 'content'));
    const service = new ImageService(new ImageRecords(options.database), content, emptyLayer, options);
    await reconcileImages(service);
    await removeDamaged(service, service.#bootId);
    await service.gate.run(async () => {});
    return service;
  }

  /** The settings in force: read at each use, since a reload changes them. */
  get settings(): ImageSettings {
    return this.#settings;
  }

  /** Applies new settings to pulls and clean-ups that begin from now on. */
  configure({ limits, registry }: ImageSettings): void {
    this.#settings = { limits, registry };
  }

  /** The unpacked image behind a name or id. It is kept for ten seconds, or as long as a container uses it. */
  async rootfs(text: string): Promise<ImageRootfs | undefined> {
    const image = findImage(this.records, text);
    if (!image) return undefined;
    const { id, layers } = image;
    const lowerDirs = layers.map((chainId) => {
      const path = this.layers.path(chainId);
      if (path !== undefined) return path;
      const [name = text] = this.records.names(id);
      throw wrongState(
        `image ${text}: its layer ${chainId} is missing or damaged on disk; pull it again: crictl pull ${name}`,
      );
    });
    this.#handedOut.set(id, Date.now());
    return {
      id,
      config: this.records.config(id),
      ...repoNames(this.records.names(id)),
      lowerDirs: lowerDirs.length > 0 ? lowerDirs.reverse() : [this.#emptyLayer],
    };
  }

  /** Whether the directories of all layers of an image are present and undamaged. */
  isWhole({ layers }: StoredImage): boolean {
    return layers.every((chainId) => this.layers.path(chainId) !== undefined);
  }

  /**
   * Whether `image.pinned` matches one of these names, so that a kubelet keeps the image when it frees disk space.
   */
  readonly isPinned = (names: readonly string[]): boolean => pinnedBy(this.settings.limits.pinned)(names);

  /** Starts a clean-up when a removed image has lost its last container. */
  cleanUpReleased(): void {
    const used = this.usedImages();
    const isReleased = this.#removedImages().some((id) => !used.has(id));
    if (isReleased) void this.gate.run(async () => {});
    else this.#lookAgain();
  }

  /** Has the next clean-up delete what interrupted pulls left, which otherwise stays for an hour to be resumed. */
  freeLeftovers(): void {
    this.#freesLeftovers = true;
  }

  /** Cancels scheduled clean-ups. */
  close(): void {
    clearTimeout(this.#recheck);
    this.flusher.close();
  }

  #removedImages(): string[] {
    return [...this.records.images()].filter(({ phase }) => phase === 'removing').map(({ id }) => id);
  }

  /** Ids of images that containers use, or may be about to use. */
  usedImages(): Set<string> {
    const now = Date.now();
    for (const [id, since] of this.#handedOut) if (now - since >= handedOutFor) this.#handedOut.delete(id);
    return new Set([...this.#inUse(), ...this.#handedOut.keys()]);
  }

  async #cleanUp(): Promise<void> {
    try {
      const leftoversBefore = this.#freesLeftovers ? Number.POSITIVE_INFINITY : Date.now() - leftoversKeptFor;
      this.#freesLeftovers = false;
      this.#oldestLeftover = await collectGarbage(this, this.usedImages(), leftoversBefore);
    } catch (error) {
      this.log.error(`Cleaning up images failed: ${messageWithCauses(error)}`);
    }
    this.#lookAgain();
    this.flusher.request();
    releaseFreedMemory();
  }

  /** Schedules the clean-up of a removed image that was looked up and not used, and of interrupted pulls. */
  #lookAgain(): void {
    clearTimeout(this.#recheck);
    const times = this.#removedImages().flatMap((id) => {
      const since = this.#handedOut.get(id);
      return since === undefined ? [] : [since + handedOutFor];
    });
    if (this.#oldestLeftover !== undefined) times.push(this.#oldestLeftover + leftoversKeptFor + 1);
    if (times.length === 0) return;
    const waitMs = Math.max(Math.min(...times) - Date.now(), 0);
    this.#recheck = setTimeout(() => void this.gate.run(async () => {}), waitMs).unref();
  }
}

function currentBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
