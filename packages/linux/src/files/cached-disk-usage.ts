// Caches the sizes of directory trees, for stats and metrics.

import { setTimeout as delay } from 'node:timers/promises';
import { type DiskUsage, diskUsage } from './disk-usage.ts';

/** The disk usage of a directory when it was measured. */
export interface MeasuredUsage extends DiskUsage {
  /** Nanoseconds since 1970. */
  readonly at: bigint;
}

/** Minimum interval in milliseconds between measurements of a directory. */
const restMs = 10_000;

/**
 * The minimum interval as a multiple of the last measurement's duration, so that large trees do not keep the disk
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
 * Sizes of directory trees. A request is answered from the cache and triggers a new measurement in the background,
 * one directory at a time: a tree of a million files must not delay the stats of fifty containers.
 */
export class CachedDiskUsage {
  readonly #entries = new Map<string, Entry>();
  readonly #onError: (directory: string, error: unknown) => void;
  #queue: Promise<void> = Promise.resolve();

  /** `onError` is told why a directory could not be measured. */
  constructor(onError: (directory: string, error: unknown) => void) {
    this.#onError = onError;
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
      entry.measured = usage && { ...usage, at: BigInt(Date.now()) * 1_000_000n };
    } catch (error) {
      this.#onError(directory, error);
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
