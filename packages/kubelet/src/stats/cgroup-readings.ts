// Reads the usage of the node's and the pods' cgroups, each once per request.
import { readFileSync, statSync } from 'node:fs';
import { CgroupReader, type CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { Instant } from './instant.ts';
import { parseMeminfo, rootReading } from './usage-stats.ts';

/** Reads cgroups, and keeps the last reading of each for the CPU rate of the next. */
export class CgroupReadings {
  readonly cgroups: Cgroups;
  readonly #reader: CgroupReader;
  readonly #bootedAt: Instant;

  /** `bootedAt`: when the machine was booted. */
  constructor(cgroups: Cgroups, bootedAt: Instant) {
    this.cgroups = cgroups;
    this.#reader = new CgroupReader(cgroups, () => BigInt(Date.now()) * 1_000_000n);
    this.#bootedAt = bootedAt;
  }

  /** Begins a request: cgroups are read again. */
  begin(): void {
    this.#reader.begin();
  }

  /** Undefined when the cgroup does not exist. The first reading has the CPU rate since `bornAt`. */
  read(path: string, bornAt: Instant): CgroupReading | undefined {
    return this.#reader.read(path, bornAt.ns);
  }

  /** The root cgroup: the machine. */
  root(): CgroupReading {
    const reading = this.read('/', this.#bootedAt);
    if (reading === undefined) throw new Error('the root cgroup has no statistics');
    const cache = this.cgroups.version === 'v2' ? this.cgroups.details('/')?.memory : undefined;
    return rootReading(reading, parseMeminfo(readFileSync('/proc/meminfo', 'utf8')), cache);
  }

  /** When a cgroup was made. A new child changes the time of the directory, but not that of its files. */
  madeAt(path: string): Instant {
    const directory = this.cgroups.directory(path, 'cpu') ?? this.cgroups.directory(path, 'memory') ?? '';
    const times = [directory, `${directory}/cgroup.clone_children`, `${directory}/cgroup.events`].flatMap(
      (each) => statSync(each, { throwIfNoEntry: false })?.mtimeMs ?? [],
    );
    return Instant.ofMs(Math.max(this.#bootedAt.ms, Math.min(...times, Date.now())));
  }
}
