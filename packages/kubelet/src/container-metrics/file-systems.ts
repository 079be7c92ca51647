// The machine's file systems and the counters of their disks.
import { readFileSync } from 'node:fs';
import { fileSystemUsage } from '@berth/linux/files/file-system-usage.ts';
import { mounts } from '@berth/linux/mounts/mount.ts';
import type { MountInfo } from '@berth/linux/mounts/mountinfo.ts';
import type { DiskCounters, FileSystemFigures } from './figures.ts';

/** A file system that is shown. */
export interface ShownFileSystem {
  /** Its block device; the mount point of a tmpfs. */
  readonly device: string;
  readonly mountPoint: string;
  /** `major:minor` */
  readonly number: string;
}

/** File systems on disks, and in memory outside of `rootDir`, whose are the pods'. Each once. Pure. */
export function shownFileSystems(mountInfos: readonly MountInfo[], rootDir: string): ShownFileSystem[] {
  const shown = new Map<string, ShownFileSystem>();
  for (const { fstype, source, mountPoint, device: number } of mountInfos) {
    const isDisk = /^(ext[234]|xfs|btrfs|zfs)$/.test(fstype);
    if (!isDisk && (fstype !== 'tmpfs' || `${mountPoint}/`.startsWith(`${rootDir}/`))) continue;
    const device = isDisk ? source : mountPoint;
    if (!shown.has(device)) shown.set(device, { device, mountPoint, number });
  }
  return [...shown.values()];
}

/** The file systems of the machine as they are now. */
export function listFileSystems(rootDir: string): ShownFileSystem[] {
  return shownFileSystems(mounts(), rootDir);
}

/** What they hold, and what their disks have done. One that is gone is left out. */
export async function readFileSystems(shown: readonly ShownFileSystem[]): Promise<FileSystemFigures[]> {
  const disks = parseDiskstats(readFileSync('/proc/diskstats', 'utf8'));
  const found = await Promise.all(
    shown.map(async ({ device, mountPoint, number }) => {
      const usage = await fileSystemUsage(mountPoint).catch(() => undefined);
      return usage === undefined ? [] : [{ ...usage, device, disk: disks.get(number) }];
    }),
  );
  return found.flat();
}

/** Parses /proc/diskstats, by `major:minor`. See Documentation/admin-guide/iostats.rst. Pure. */
export function parseDiskstats(text: string): Map<string, DiskCounters> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [major, minor, name, ...numbers] = line.trim().split(/\s+/);
      if (name === undefined) return [];
      const at = (index: number): number => Number(numbers[index] ?? 0);
      const counters = {
        reads: at(0),
        readsMerged: at(1),
        sectorsRead: at(2),
        readMs: at(3),
        writes: at(4),
        writesMerged: at(5),
        sectorsWritten: at(6),
        writeMs: at(7),
        inProgress: at(8),
        ioMs: at(9),
        weightedIoMs: at(10),
      };
      return [[`${major}:${minor}`, counters] as const];
    }),
  );
}
