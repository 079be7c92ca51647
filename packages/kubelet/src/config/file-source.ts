// Static pods, ConfigMaps and Secrets from a manifest directory (or one file), by inotify: a new, changed or removed file takes effect within
// milliseconds. A periodic listing finds changes without events (network file systems, symlinks).
import { type FSWatcher, type Stats, statSync, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isOpenForWriting } from '@berth/linux/files/open-for-writing.ts';
import type { Pod } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import { objectKey, refTo } from '../objects/objects.ts';
import { LastGoodManifests } from './last-good.ts';
import { readManifestFile } from './manifest-file.ts';
import { combineFiles, isSamePod, type ManifestFile } from './manifests.ts';
import type { PodSource, PodUpdate, RejectedManifest } from './pod-source.ts';
import { isRead, RecordedPath } from './recorded-path.ts';

const log = createLogger('file-source.ts');

/**
 * Delay of reading after the last event of a file that is still written, or was removed and may be replaced: writers
 * write in several steps, each an inotify event.
 */
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
  readonly #recordedPath: RecordedPath;
  /** The manifest path of the kubelet before this one. */
  #recorded: string | undefined;
  /** Whether the path exists. */
  #exists = false;
  /** Once the path was read, it decides which pods run, like the real kubelet's. */
  #wasRead = false;
  readonly #settling = new Map<string, NodeJS.Timeout>();
  /** How often each file has come, gone or been replaced since it was read. */
  readonly #renames = new Map<string, number>();
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
    this.#recordedPath = RecordedPath.beside(options.stateDir);
    this.#recorded = this.#recordedPath.load();
  }

  start(onUpdate: (update: PodUpdate) => void): void {
    this.#onUpdate = onUpdate;
    this.#timer = setInterval(() => this.#enqueue(() => this.#list()), this.#options.checkFrequencyMs);
    this.#enqueue(() => this.#list());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#onUpdate = () => {};
    // A step that is under way may open another watch.
    await this.#work;
    this.#watcher?.close();
    for (const timer of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
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
    this.#exists = found !== undefined;
    const names = found?.isDirectory() ? await readdir(this.#path) : found ? [''] : [];
    const files = names.filter((name) => !name.startsWith('.')).map((name) => join(this.#path, name));
    for (const file of this.#files.keys()) if (!files.includes(file)) this.#files.delete(file);
    for (const file of files) await this.#read(file);
    this.#send();
  }

  async #readAndSend(file: string): Promise<void> {
    if (await this.#read(file)) this.#send();
  }

  /** @returns whether the file is not the one that was read before */
  async #read(file: string): Promise<boolean> {
    const before = this.#files.get(file);
    const found = await statOf(file);
    const renames = this.#renames.get(file) ?? 0;
    this.#renames.delete(file);
    if (!found) return this.#files.delete(file);
    const signature = `${found.ino}/${found.size}/${found.mtimeMs}/${found.ctimeMs}`;
    if (before?.signature === signature) return false;
    // One that is replaced has one event. This one was removed and made again: its pod ends, though it may be the same.
    if (before && renames > 1) {
      this.#files.delete(file);
      this.#send();
    }
    const options = { nodeName: this.#options.nodeName, lastGood: this.#lastGood };
    const { faultless, ...manifest } = await readManifestFile(file, found, before, options);
    this.#files.set(file, { ...manifest, signature });
    if (faultless !== undefined) this.#unsaved.set(file, faultless);
    for (const { pod, object, message } of manifest.warnings ?? []) {
      log.warn('Part of the manifest has no effect', { path: file, pod, object, warning: message });
    }
    return true;
  }

  /** Saves valid manifests for the next kubelet, after sending the update, so that pods do not wait for the disk. */
  async #save(): Promise<void> {
    const unsaved = [...this.#unsaved];
    this.#unsaved.clear();
    try {
      for (const [file, content] of unsaved) await this.#lastGood.save(file, content);
      await this.#lastGood.keepOnly(this.#files.keys());
      if (this.#wasRead && this.#recorded !== this.#path) {
        this.#recordedPath.save(this.#path);
        this.#recorded = this.#path;
      }
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
      this.#watcher.on('change', (event, name) => {
        if (event === 'rename') this.#countRename(folder, name?.toString() ?? '');
        this.#changed(folder, name?.toString() ?? '');
      });
      this.#watcher.on('error', (err) => {
        log.warn('Watch of the manifest path ended; it is listed instead', { err, path: folder });
        this.#watched = undefined;
      });
      log.v(1, 'Watching path', { path: folder });
    }
  }

  #countRename(folder: string, name: string): void {
    const file = join(folder, name);
    if (this.#files.has(file)) this.#renames.set(file, (this.#renames.get(file) ?? 0) + 1);
  }

  #changed(folder: string, name: string): void {
    const file = join(folder, name);
    const isManifest = folder === this.#path ? name !== basename(folder) : file === this.#path;
    if (folder === this.#path && name.startsWith('.')) return;
    // Any other event in the parent may mean that the path appeared or was removed.
    const key = isManifest ? file : this.#path;
    clearTimeout(this.#settling.get(key));
    this.#settling.delete(key);
    const read = (): Promise<void> => this.#readAndSend(file);
    if (isManifest && folder === this.#path && isComplete(file)) {
      this.#enqueue(read);
      return;
    }
    const timer = setTimeout(() => {
      this.#settling.delete(key);
      if (isManifest && folder === this.#path) this.#enqueue(read);
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
    const isUnread = !this.#isRead(pods.length);
    const versions = objects.map((each) => [objectKey(refTo(each)), each.object.resourceVersion]);
    const state = JSON.stringify([versions, rejected, isUnread]);
    this.#enqueue(() => this.#save());
    const last = this.#lastSent;
    if (state === last?.state && areSamePods(pods, last.pods)) return;
    this.#lastSent = { state, pods };
    this.#report(rejected);
    this.#onUpdate({ op: 'set', source: this.name, pods, objects, files, rejected, isUnread });
  }

  /** Whether the manifests decide about pods of an earlier kubelet; tells once when they begin not to. */
  #isRead(pods: number): boolean {
    if (this.#wasRead) return true;
    const exists = this.#exists;
    this.#wasRead = isRead(this.#path, this.#recorded, { exists, pods });
    if (this.#wasRead && this.#recorded !== undefined && this.#recorded !== this.#path) {
      log.warn('The manifest path is another one now; pods of the earlier one end', {
        path: this.#path,
        earlier: this.#recorded,
      });
    }
    if (this.#wasRead || this.#lastSent !== undefined) return this.#wasRead;
    if (!exists) {
      log.error('Unable to read the manifest path; pods that run keep running until it can be read', {
        err: 'path does not exist, ignoring',
        path: this.#path,
      });
    } else {
      log.error(
        'The manifest path has no pod, and pods run from another one; they keep running until it has one (--adopt: end them)',
        { path: this.#path, earlier: this.#recorded },
      );
    }
    return false;
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

/** Whether the file has content, and nobody writes to it. */
function isComplete(file: string): boolean {
  return isOpenForWriting(file) === false && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
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
