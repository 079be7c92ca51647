// Watches a directory and those below it for the sockets of plugins, as the real kubelet's plugin watcher does.
import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { createLogger } from '../klog/klog.ts';
import type { PluginSockets } from './registration-steps.ts';

const log = createLogger('socket-watch.ts');

/** A plugin makes its socket in several steps. */
const settleMs = 10;
/** How often the directories are listed without an event. */
const resyncMs = 30_000;
/** Deeper directories are not looked at, and of more sockets the rest is left out. */
const maxDepth = 8;
const maxSockets = 1000;

/** Tells of all sockets, at first and after each change. */
export class SocketWatch {
  readonly #directory: string;
  readonly #onSockets: (sockets: PluginSockets) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #resync: NodeJS.Timeout | undefined;
  #reading = false;
  #isStale = false;
  #stopped = false;

  constructor(directory: string, onSockets: (sockets: PluginSockets) => void) {
    this.#directory = directory;
    this.#onSockets = onSockets;
  }

  /** Makes the directory if need be, and watches it. */
  start(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o755 });
    this.#resync = setInterval(() => void this.#read(), resyncMs);
    void this.#read();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#resync);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #soon(): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, settleMs);
  }

  async #read(): Promise<void> {
    this.#isStale = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#isStale && !this.#stopped) {
        this.#isStale = false;
        const sockets = new Map<string, string>();
        const directories = new Set<string>();
        await this.#visit(this.#directory, 0, { sockets, directories });
        for (const [directory, watcher] of this.#watchers) {
          if (directories.has(directory)) continue;
          watcher.close();
          this.#watchers.delete(directory);
        }
        if (!this.#stopped) this.#onSockets(sockets);
      }
    } catch (error) {
      log.error('Failed to traverse plugin socket path', { err: error, path: this.#directory });
    } finally {
      this.#reading = false;
    }
  }

  async #visit(
    directory: string,
    depth: number,
    found: { sockets: Map<string, string>; directories: Set<string> },
  ): Promise<void> {
    found.directories.add(directory);
    // Before the listing, so that nothing is missed in between.
    this.#watchDirectory(directory);
    for (const entry of await entriesOf(directory)) {
      if (entry.name.startsWith('.') || found.sockets.size >= maxSockets) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory() && depth < maxDepth) await this.#visit(path, depth + 1, found);
      else if (entry.isSocket()) {
        const version = await versionOf(path);
        if (version !== undefined) found.sockets.set(path, version);
      }
    }
  }

  #watchDirectory(directory: string): void {
    if (this.#stopped || this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, () => this.#soon());
      watcher.on('error', () => this.#soon());
      this.#watchers.set(directory, watcher);
    } catch {
      // It has gone, or there are no more watches: the next listing finds what changes.
    }
  }
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Another one for each socket; undefined when it has gone. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { ino, ctimeMs } = await lstat(path);
    return `${ino} ${ctimeMs}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
