// Static pods, ConfigMaps and Secrets from a manifest directory (or one file), by inotify: a new, changed or removed file takes effect within
// milliseconds. A periodic listing finds changes without events (network file systems, symlinks).
import { type FSWatcher, type Stats, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Pod } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import { objectKey, refTo } from '../objects/objects.ts';
import { LastGoodManifests } from './last-good.ts';
import { readManifestFile } from './manifest-file.ts';
import { combineFiles, isSamePod, type ManifestFile } from './manifests.ts';
import type { PodSource, PodUpdate, RejectedManifest } from './pod-source.ts';

const log = createLogger('file-source.ts');

/** Delay of reading after a file's last event: writers write in several steps, each an inotify event. */
const settleMs = 3;

/** The parameters of a file source. */
export interface FileSourceOptions {
  /** Directory of manifests, or one manifest. It may not exist yet. */
  path: string;
  nodeName: string;
  /** Resync interval: how often the directory is listed without an event. */
  checkFrequencyMs: number;
  /** Folder for the last valid manifests (last-good.ts). */
  stateDir: string;
}

/** The manifest directory as a source of pods. */
export class FileSource implements PodSource {
  readonly name = 'file';
  readonly #options: FileSourceOptions;
  readonly #path: string;
  readonly #files = new Map<string, ManifestFile & { signature: string }>();
  readonly #lastGood: LastGoodManifests;
  readonly #unsaved = new Map<string, Uint8Array>();
  readonly #settling = new Map<string, NodeJS.Timeout>();
  /** Serializes all reads. */
  #work: Promise<void> = Promise.resolve();
  #onUpdate: (update: PodUpdate) => void = () => {};
  #watcher: FSWatcher | undefined;
  #watched: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #lastSent: { state: string; pods: readonly Pod[] } | undefined;
  #reported: ReadonlySet<string> = new Set();

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#path = resolve(options.path);
    this.#lastGood = new LastGoodManifests(options.stateDir);
  }

  start(onUpdate: (update: PodUpdate) => void): void {
    this.#onUpdate = onUpdate;
    this.#timer = setInterval(() => this.#enqueue(() => this.#list()), this.#options.checkFrequencyMs);
    this.#enqueue(() => this.#list());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#watcher?.close();
    for (const timer of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
    this.#onUpdate = () => {};
    await this.#work;
  }

  #enqueue(step: () => Promise<void>): void {
    const unlessStopped = async (): Promise<void> => (this.#stopped ? undefined : await step());
    this.#work = this.#work.then(unlessStopped).catch((err: unknown) => {
      log.error('Unable to read the manifest path', { err, path: this.#path });
    });
  }

  /** Rereads every file. Also moves the watch when the path appeared or was removed. */
  async #list(): Promise<void> {
    const found = await this.#watch();
    const names = found?.isDirectory() ? await readdir(this.#path) : found ? [''] : [];
    const files = names.filter((name) => !name.startsWith('.')).map((name) => join(this.#path, name));
    for (const file of this.#files.keys()) if (!files.includes(file)) this.#files.delete(file);
    for (const file of files) await this.#read(file);
    this.#send();
  }

  async #read(file: string): Promise<void> {
    const before = this.#files.get(file);
    const found = await statOf(file);
    if (!found) {
      this.#files.delete(file);
      return;
    }
    const signature = `${found.ino}/${found.size}/${found.mtimeMs}/${found.ctimeMs}`;
    if (before?.signature === signature) return;
    const options = { nodeName: this.#options.nodeName, lastGood: this.#lastGood };
    const { faultless, ...manifest } = await readManifestFile(file, found, before, options);
    this.#files.set(file, { ...manifest, signature });
    if (faultless !== undefined) this.#unsaved.set(file, faultless);
    for (const { pod, object, message } of manifest.warnings ?? []) {
      log.warn('Part of the manifest has no effect', { path: file, pod, object, warning: message });
    }
  }

  /** Saves valid manifests for the next kubelet, after sending the update, so that pods do not wait for the disk. */
  async #save(): Promise<void> {
    const unsaved = [...this.#unsaved];
    this.#unsaved.clear();
    try {
      for (const [file, content] of unsaved) await this.#lastGood.save(file, content);
      await this.#lastGood.keepOnly(this.#files.keys());
    } catch (err) {
      log.warn('Unable to keep copies of the manifests; pods run all the same', { err });
    }
  }

  /**
   * Watches the directory or, while it does not exist, its nearest existing parent. Checks again after adding the
   * watch, because the directory may have appeared before. Returns the type of the path.
   */
  async #watch(): Promise<Stats | undefined> {
    for (;;) {
      const found = await statOf(this.#path);
      let folder = found?.isDirectory() ? this.#path : dirname(this.#path);
      while (folder !== '/' && !(await statOf(folder))) folder = dirname(folder);
      if (this.#watched === folder) return found;
      this.#watcher?.close();
      this.#watched = folder;
      this.#watcher = watch(folder);
      this.#watcher.on('change', (_event, name) => this.#changed(folder, name?.toString() ?? ''));
      this.#watcher.on('error', (err) => {
        log.warn('Watch of the manifest path ended; it is listed instead', { err, path: folder });
        this.#watched = undefined;
      });
      log.v(1, 'Watching path', { path: folder });
    }
  }

  #changed(folder: string, name: string): void {
    const file = join(folder, name);
    const isManifest = folder === this.#path ? name !== basename(folder) : file === this.#path;
    if (folder === this.#path && name.startsWith('.')) return;
    // Any other event in the parent may mean that the path appeared or was removed.
    const key = isManifest ? file : this.#path;
    clearTimeout(this.#settling.get(key));
    const timer = setTimeout(() => {
      this.#settling.delete(key);
      if (isManifest && folder === this.#path) this.#enqueue(() => this.#read(file).then(() => this.#send()));
      else this.#enqueue(() => this.#relist());
    }, settleMs);
    this.#settling.set(key, timer);
  }

  /** A path that was removed and created again has another inode: replace the watch. */
  async #relist(): Promise<void> {
    this.#watched = undefined;
    await this.#list();
  }

  /** Sends an update unless nothing changed since the last one. */
  #send(): void {
    const { pods, objects, files, rejected } = combineFiles(this.#files);
    const versions = objects.map((each) => [objectKey(refTo(each)), each.object.resourceVersion]);
    const state = JSON.stringify([versions, rejected]);
    this.#enqueue(() => this.#save());
    const last = this.#lastSent;
    if (state === last?.state && areSamePods(pods, last.pods)) return;
    this.#lastSent = { state, pods };
    this.#report(rejected);
    this.#onUpdate({ op: 'set', source: this.name, pods, objects, files, rejected });
  }

  /** Logs each error once, and again only after it was fixed and reappeared. */
  #report(rejected: readonly RejectedManifest[]): void {
    const faults = new Set<string>();
    for (const { file, pod, object, message, lastGoodRuns } of rejected) {
      const fault = `${file}: ${message}`;
      faults.add(fault);
      if (this.#reported.has(fault)) continue;
      log.error('Could not process manifest file', { path: file, pod, object, err: message, lastGoodRuns });
    }
    this.#reported = faults;
  }
}

/** Whether nothing of any pod differs, its order neither. */
function areSamePods(pods: readonly Pod[], others: readonly Pod[]): boolean {
  return (
    pods.length === others.length &&
    pods.every((pod, index) => {
      const other = others[index];
      return other !== undefined && (pod === other || isSamePod(pod, other));
    })
  );
}

/** stat(2) of the file, following symlinks; undefined when it does not exist. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}
