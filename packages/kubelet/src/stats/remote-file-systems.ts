// The sizes of volumes on file servers. A server that is dead keeps the thread that asks it: one thread asks them all, so
// that the other threads stay free, and no request waits long.
import { setTimeout as delay } from 'node:timers/promises';
import { Semaphore } from '@berth/common/semaphore.ts';
import { createLogger } from '../klog/klog.ts';
import type { FileSystemAt } from './file-stats.ts';
import { fileSystemOf } from './node-readings.ts';

const log = createLogger('remote-file-systems.ts');

/** Maximum time in milliseconds that a request waits for servers. */
const patienceMs = 50;

interface Entry {
  known: FileSystemAt | undefined;
  /** Set while the server is asked, or waits for its turn. */
  asking: Promise<void> | undefined;
}

/** File systems that may hang, by path. */
export class RemoteFileSystems {
  #entries = new Map<string, Entry>();
  readonly #turn = new Semaphore(1);

  /** What is known of each, in order; undefined for one that has never answered. Others are forgotten. */
  async of(paths: readonly string[]): Promise<(FileSystemAt | undefined)[]> {
    const entries = paths.map((path) => this.#entries.get(path) ?? { known: undefined, asking: undefined });
    this.#entries = new Map(entries.map((entry, index) => [paths[index] ?? '', entry]));
    const asked = entries.map((entry, index) => (entry.asking ??= this.#ask(entry, paths[index] ?? '')));
    if (asked.length > 0) {
      await Promise.race([Promise.all(asked), delay(patienceMs, undefined, { ref: false })]);
    }
    return entries.map(({ known }) => known);
  }

  async #ask(entry: Entry, path: string): Promise<void> {
    try {
      entry.known = await this.#turn.run(() => fileSystemOf(path));
    } catch (err) {
      entry.known = undefined;
      log.warn('Failed to measure a volume', { volume: path, err });
    } finally {
      entry.asking = undefined;
    }
  }
}
