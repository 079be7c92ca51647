// What is read of one cgroup for /metrics/cadvisor. Types only.
import type { CgroupDetails, DeviceIo } from '@berth/linux/cgroups/details.ts';
import type { CgroupLimits } from '@berth/linux/cgroups/limits.ts';
import type { CgroupUsage } from '@berth/linux/cgroups/usage.ts';
import type { FileSystemUsage } from '@berth/linux/files/file-system-usage.ts';
import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';

/** The figures of a cgroup: the machine's, one of the kubelet's, or a container's or sandbox's. */
export interface CgroupFigures {
  /** The labels that all series of the cgroup have, as text. */
  readonly labels: string;
  /** When it was read, in milliseconds since the epoch. */
  readonly at: number;
  /** When the container and its cgroup were made, in seconds since 1970. */
  readonly createdAt: number;
  readonly startedAt: number;
  /** Undefined for a sandbox without processes, which has only a network. */
  readonly usage: CgroupUsage | undefined;
  readonly details: CgroupDetails | undefined;
  readonly limits: CgroupLimits | undefined;
  /** How many of its processes were killed because it was out of memory. */
  readonly oomKills: number;
  readonly processes: ProcessFigures | undefined;
  /** Undefined for a container, which shares its sandbox's. */
  readonly interfaces: readonly InterfaceCounters[] | undefined;
  /** Those of the machine, for the root. */
  readonly fileSystems: readonly FileSystemFigures[];
  /** Path of a block device. */
  readonly devicePath: (io: DeviceIo) => string;
}

export interface ProcessFigures {
  readonly count: number;
  readonly files: number;
  readonly sockets: number;
  /** Soft limit of open files of its first process. */
  readonly filesLimit: bigint | undefined;
}

/** A file system of the machine, and the counters of its disk if it has one. */
export interface FileSystemFigures extends FileSystemUsage {
  readonly device: string;
  readonly disk: DiskCounters | undefined;
}

/** A line of /proc/diskstats; times are in milliseconds. */
export interface DiskCounters {
  readonly reads: number;
  readonly readsMerged: number;
  readonly sectorsRead: number;
  readonly readMs: number;
  readonly writes: number;
  readonly writesMerged: number;
  readonly sectorsWritten: number;
  readonly writeMs: number;
  readonly inProgress: number;
  readonly ioMs: number;
  readonly weightedIoMs: number;
}
