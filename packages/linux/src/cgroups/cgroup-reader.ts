// Reads cgroup usage and computes CPU rates between requests, for stats and metrics.

import type { Cgroups } from './cgroups.ts';
import { type CpuHistory, nanoCores, remember } from './cpu-rate.ts';
import type { CgroupUsage } from './usage.ts';

/** The usage of a cgroup at one moment. */
export interface CgroupReading {
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly usage: CgroupUsage;
  /** CPU time per second, in nanoseconds; undefined after the first reading. */
  readonly nanoCores: bigint | undefined;
}

/** Nanoseconds after the last request until a cgroup's sample is dropped. */
const keptFor = 120_000_000_000n;

interface Entry {
  readonly reading: CgroupReading;
  readonly history: CpuHistory;
}

/** Reads the usage of cgroups, each once per request, and keeps the samples for the CPU rate. */
export class CgroupReader {
  readonly #cgroups: Pick<Cgroups, 'usage'>;
  readonly #now: () => bigint;
  readonly #entries = new Map<string, Entry>();
  #swept: bigint;
  #begun: bigint;

  /** `now` is the time in nanoseconds since 1970. */
  constructor(cgroups: Pick<Cgroups, 'usage'>, now: () => bigint) {
    this.#cgroups = cgroups;
    this.#now = now;
    this.#swept = now();
    this.#begun = now();
  }

  /**
   * Begins a request: earlier readings are discarded. A client that compares two answers, as crictl does, needs
   * different timestamps however soon it asks again.
   */
  begin(): void {
    this.#begun = this.#now();
  }

  /**
   * Undefined when the cgroup does not exist. `bornAt`: when the cgroup was made, in nanoseconds since 1970; the first
   * reading then has the rate since that time.
   */
  read(path: string, bornAt?: bigint): CgroupReading | undefined {
    const at = this.#now();
    this.#sweep(at);
    const last = this.#entries.get(path);
    if (last !== undefined && last.reading.at >= this.#begun) return last.reading;
    const usage = this.#cgroups.usage(path);
    if (usage === undefined) {
      this.#entries.delete(path);
      return undefined;
    }
    const sample = { at, used: usage.cpuNanoseconds };
    const history = remember(last?.history ?? sinceBirth(bornAt), sample);
    const reading = { at, usage, nanoCores: nanoCores(history, sample) };
    this.#entries.set(path, { reading, history });
    return reading;
  }

  #sweep(at: bigint): void {
    if (at - this.#swept < keptFor) return;
    this.#swept = at;
    for (const [path, { reading }] of this.#entries) {
      if (at - reading.at >= keptFor) this.#entries.delete(path);
    }
  }
}

/** The history of a cgroup that was never read: it began without any CPU time. */
function sinceBirth(bornAt: bigint | undefined): CpuHistory | undefined {
  return bornAt === undefined ? undefined : { base: undefined, mark: { at: bornAt, used: 0n } };
}
