// How large a block device is.
import { readFile, stat } from 'node:fs/promises';
import { splitDevice } from '@berth/linux/files/mknod.ts';
import { Instant } from '../../stats/instant.ts';
import type { FsStats } from '../../stats/stats-api.ts';

/** The kernel tells sizes in sectors of this many bytes, whatever those of the device are. */
const sectorBytes = 512n;

/** The size of the device at `path`. What nobody knows of a device is 0, as with the real kubelet. */
export async function deviceStats(path: string): Promise<FsStats> {
  const { major, minor } = splitDevice((await stat(path, { bigint: true })).rdev);
  const sectors = await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8');
  return {
    time: Instant.ofMs(Date.now()),
    availableBytes: 0n,
    capacityBytes: BigInt(sectors.trim()) * sectorBytes,
    usedBytes: 0n,
    inodesFree: 0n,
    inodes: 0n,
    inodesUsed: 0n,
  };
}
