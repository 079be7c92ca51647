// File systems, logs and volumes as statistics. Pure.
import type { FileSystemUsage } from '@berth/linux/files/file-system-usage.ts';
import { Instant, later } from './instant.ts';
import type { ContainerStats, FsStats } from './stats-api.ts';

/** Bytes and inodes that something takes on a file system, and when that was measured. */
export interface UsedSpace {
  readonly time: Instant;
  readonly bytes?: bigint | undefined;
  readonly inodes?: bigint | undefined;
}

/** A file system at one moment. */
export interface FileSystemAt extends FileSystemUsage {
  readonly time: Instant;
}

/** The file system as a whole. */
export function wholeFs(fs: FileSystemAt): FsStats {
  return { ...spaceOn(fs, { time: fs.time, bytes: fs.usedBytes, inodes: fs.usedInodes }) };
}

/** What something takes of a file system; `fs` undefined: the file system is not known. */
export function spaceOn(fs: FileSystemUsage | undefined, used: UsedSpace | undefined): FsStats {
  return {
    time: used?.time ?? null,
    availableBytes: fs?.availableBytes,
    capacityBytes: fs?.totalBytes,
    usedBytes: used?.bytes,
    inodesFree: fs?.freeInodes,
    inodes: fs?.totalInodes,
    inodesUsed: used?.inodes,
  };
}

/** The sum of what several things take; what none of them knows is not known. */
export function together(time: Instant, parts: readonly (UsedSpace | undefined)[]): UsedSpace {
  return parts.reduce<UsedSpace>(
    (sum, part) =>
      part === undefined
        ? sum
        : {
            time: later(sum.time, part.time),
            bytes: add(sum.bytes, part.bytes),
            inodes: add(sum.inodes, part.inodes),
          },
    { time },
  );
}

function add(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a + b;
}

/**
 * The ephemeral storage of a pod: writable layers and logs of its containers, volumes that live on the node's disk, and
 * its other files.
 */
export function ephemeralStorage(
  fs: FileSystemAt,
  containers: readonly ContainerStats[],
  others: readonly (UsedSpace | undefined)[],
): FsStats {
  const layers = containers.flatMap(({ rootfs, logs }) =>
    rootfs === undefined ? [] : [usedOf(rootfs), ...(logs === undefined ? [] : [usedOf(logs)])],
  );
  return spaceOn(fs, together(fs.time, [...layers, ...others]));
}

function usedOf({ time, usedBytes, inodesUsed }: FsStats): UsedSpace {
  return { time: time ?? new Instant(0n), bytes: usedBytes, inodes: inodesUsed };
}
