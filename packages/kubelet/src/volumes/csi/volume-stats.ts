// How full a volume is, as its driver says. Pure.
import { VolumeUsage_Unit as Unit, type VolumeUsage } from '../../generated/csi.ts';
import type { Instant } from '../../stats/instant.ts';
import type { FsStats } from '../../stats/stats-api.ts';

/** The answer of a driver at a time. What it does not say is 0, as with the real kubelet. */
export function statsOf(usage: readonly VolumeUsage[], time: Instant): FsStats {
  const bytes = usage.findLast(({ unit }) => unit === Unit.BYTES);
  const inodes = usage.findLast(({ unit }) => unit === Unit.INODES);
  return {
    time,
    availableBytes: bytes?.available ?? 0n,
    capacityBytes: bytes?.total ?? 0n,
    usedBytes: bytes?.used ?? 0n,
    inodesFree: inodes?.available ?? 0n,
    inodes: inodes?.total ?? 0n,
    inodesUsed: inodes?.used ?? 0n,
  };
}
