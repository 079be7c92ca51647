import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupUsage } from '@berth/linux/cgroups/usage.ts';
import { nowNs } from '../clock.ts';
import { type CpuHistory, nanoCores, remember } from './cpu-rate.ts';

/** What a cgroup used when it was looked at. */
export interface CgroupReading {
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly usage: CgroupUsage;
  /** CPU time per second, in nanoseconds; undefined after the first look. */
  readonly nanoCores: bigint | undefined;
}

/**
 * How old, in nanoseconds, a reading may be. Requests that come together (a kubelet asks for pods, containers and
 * metrics in one breath) share it; crictl, which asks twice in a second, gets two.
 */
const freshFor = 500_000_000n;

/** After how long, in nanoseconds, what nobody asked for any more is forgotten. */
const keptFor = 120_000_000_000n;

interface Entry {
  readonly reading: CgroupReading;
  readonly history: CpuHistory;
}

/** Reads the usage of cgroups, each once per interval, and remembers what the rate of CPU usage is told from. */
export class CgroupReader {
  readonly #cgroups: Pick<Cgroups, 'usage'>;
  readonly #now: () => bigint;
  readonly #entries = new Map<string, Entry>();
  #swept: bigint;

  constructor(cgroups: Pick<Cgroups, 'usage'>, now: () => bigint = nowNs) {
    this.#cgroups = cgroups;
    this.#now = now;
    this.#swept = now();
  }

  /** Undefined when the cgroup does not exist. */
  read(path: string): CgroupReading | undefined {
    const at = this.#now();
    this.#sweep(at);
    const last = this.#entries.get(path);
    if (last !== undefined && at - last.reading.at < freshFor) return last.reading;
    const usage = this.#cgroups.usage(path);
    if (usage === undefined) {
      this.#entries.delete(path);
      return undefined;
    }
    const sample = { at, used: usage.cpuNanoseconds };
    const history = remember(last?.history, sample);
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
