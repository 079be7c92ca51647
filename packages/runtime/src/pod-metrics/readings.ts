// Reads from cgroups and /proc the values that the selected metric groups need.

import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { blockDevicePath } from '@berth/linux/files/block-device.ts';
import type { MeasuredUsage } from '@berth/linux/files/cached-disk-usage.ts';
import { type FileSystemUsage, fileSystemUsage } from '@berth/linux/files/file-system-usage.ts';
import { openFiles, openFilesLimit } from '@berth/linux/processes/open-files.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { MetricGroup } from '../config/pod-metric-groups.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { State } from '../state/state.ts';
import type { StatsCollector } from '../stats/collector.ts';
import type { ContainerReadings, FilesystemReadings, ProcessReadings } from './family.ts';

/** What reading the metrics of containers uses. */
export interface ReadingsServices {
  readonly config: LiveConfig;
  readonly state: State;
  readonly cgroups: Cgroups;
}

/** Metric groups that need CgroupDetails. */
const detailed: readonly MetricGroup[] = ['cpu', 'hugetlb', 'memory', 'process', 'diskIO'];

/** Reads the values of each container that the selected metric groups need. */
export class ReadingsReader {
  readonly #services: ReadingsServices;
  readonly #collector: StatsCollector;
  readonly #groups: ReadonlySet<MetricGroup>;
  readonly #needsDetails: boolean;
  readonly #devices = new Map<string, string>();
  readonly #layers: ReadonlyMap<string, MeasuredUsage>;
  readonly #filesystem: FileSystemUsage | undefined;

  private constructor(
    services: ReadingsServices,
    collector: StatsCollector,
    groups: ReadonlySet<MetricGroup>,
    disk: { layers: ReadonlyMap<string, MeasuredUsage>; filesystem: FileSystemUsage | undefined },
  ) {
    this.#services = services;
    this.#collector = collector;
    this.#groups = groups;
    this.#needsDetails = detailed.some((group) => groups.has(group));
    this.#layers = disk.layers;
    this.#filesystem = disk.filesystem;
  }

  /** Reads the values that all containers share, once per request. */
  static async start(
    services: ReadingsServices,
    collector: StatsCollector,
    groups: ReadonlySet<MetricGroup>,
  ): Promise<ReadingsReader> {
    const wantsDisk = groups.has('disk');
    return new ReadingsReader(services, collector, groups, {
      layers: wantsDisk ? await collector.layers([...services.state.containers.all()]) : new Map(),
      filesystem: wantsDisk ? await fileSystemUsage(services.config.current.root) : undefined,
    });
  }

  /** Undefined for a container without processes. */
  readings(container: Container): ContainerReadings | undefined {
    const reading = this.#collector.reading(container);
    if (reading === undefined) return undefined;
    const { cgroups } = this.#services;
    return {
      container,
      at: reading.at,
      usage: reading.usage,
      details: this.#needsDetails ? cgroups.details(container.cgroup) : undefined,
      oomKills: this.#groups.has('oom') ? cgroups.oomKillCount(container.cgroup) : undefined,
      processes: this.#groups.has('process') ? this.#processes(container) : undefined,
      filesystem: this.#filesystem && this.#filesystemReadings(this.#filesystem, container),
      devicePath: ({ major, minor }) => this.#devicePath(major, minor),
    };
  }

  #processes(container: Container): ProcessReadings {
    const pids = this.#services.cgroups.processes(container.cgroup);
    const open = pids.map(openFiles);
    const init = processesOf(container)?.init.pid;
    return {
      processes: pids.length,
      files: open.reduce((sum, { files }) => sum + files, 0),
      sockets: open.reduce((sum, { sockets }) => sum + sockets, 0),
      filesLimit: init === undefined ? undefined : openFilesLimit(init),
    };
  }

  #filesystemReadings(filesystem: FileSystemUsage, { id }: Container): FilesystemReadings {
    const layer = this.#layers.get(id);
    return {
      usedBytes: layer && BigInt(layer.bytes),
      limitBytes: filesystem.totalBytes,
      inodesTotal: filesystem.totalInodes,
      inodesFree: filesystem.freeInodes,
    };
  }

  #devicePath(major: number, minor: number): string {
    const number = `${major}:${minor}`;
    const path = this.#devices.get(number) ?? blockDevicePath(major, minor);
    this.#devices.set(number, path);
    return path;
  }
}
