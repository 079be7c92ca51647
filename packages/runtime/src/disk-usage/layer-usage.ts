// Caches the sizes of containers' writable layers, for stats, metrics and ImageFsInfo.

import { setTimeout as delay } from 'node:timers/promises';
import { type DiskUsage, diskUsage } from '@berth/linux/files/disk-usage.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { nowNs } from '../time/clock.ts';

/** The disk usage of a directory when it was measured. */
export interface MeasuredUsage extends DiskUsage {
  /** Nanoseconds since 1970. */
  readonly at: bigint;
}

/** Minimum interval in milliseconds between measurements of a directory. */
const restMs = 10_000;

/**
 * The minimum interval as a multiple of the last measurement's duration, so that large layers do not keep the disk
 * busy.
 */
const restFactor = 20;

/** Maximum time in milliseconds that a request waits for directories that were never measured. */
const patienceMs = 50;

/** Milliseconds after the last request until a directory is forgotten. */
const keptMs = 120_000;

interface Entry {
  measured: MeasuredUsage | undefined;
  /** Set while it waits to be measured, or is being measured. */
  measuring: Promise<void> | undefined;
  nextAt: number;
  askedAt: number;
}

/**
 * Sizes of writable layers. A request is answered from the cache and triggers a new measurement in the background,
 * one directory at a time: a layer of a million files must not delay the stats of fifty containers.
 */
export class LayerUsage {
  readonly #entries = new Map<string, Entry>();
  readonly #log: Logger;
  #queue: Promise<void> = Promise.resolve();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The usage of each directory, in order; undefined when it does not exist or its first measurement is not done. */
  async of(directories: readonly string[]): Promise<(MeasuredUsage | undefined)[]> {
    this.#sweep();
    const entries = directories.map((directory) => this.#asked(directory));
    const unknown = entries.flatMap(({ measured, measuring }) =>
      measured === undefined && measuring !== undefined ? [measuring] : [],
    );
    if (unknown.length > 0) {
      await Promise.race([Promise.all(unknown), delay(patienceMs, undefined, { ref: false })]);
    }
    return entries.map(({ measured }) => measured);
  }

  #asked(directory: string): Entry {
    const now = performance.now();
    const entry = this.#entries.get(directory) ?? {
      measured: undefined,
      measuring: undefined,
      nextAt: now,
      askedAt: now,
    };
    entry.askedAt = now;
    this.#entries.set(directory, entry);
    if (entry.measuring === undefined && now >= entry.nextAt) {
      entry.measuring = this.#queue.then(() => this.#measure(directory, entry));
      this.#queue = entry.measuring;
    }
    return entry;
  }

  async #measure(directory: string, entry: Entry): Promise<void> {
    const began = performance.now();
    try {
      const usage = await diskUsage(directory);
      entry.measured = usage && { ...usage, at: nowNs() };
    } catch (error) {
      this.#log.warning(`Measuring a container's layer failed: ${messageWithCauses(error)}`, { directory });
    }
    const ended = performance.now();
    entry.nextAt = ended + Math.max(restMs, (ended - began) * restFactor);
    entry.measuring = undefined;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [directory, { askedAt, measuring }] of this.#entries) {
      if (measuring === undefined && now - askedAt > keptMs) this.#entries.delete(directory);
    }
  }
}
