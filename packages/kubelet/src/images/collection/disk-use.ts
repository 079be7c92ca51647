// How much of the disk images may take. Pure.
import type { ImageCollectionPolicy } from '../../options/pressure-options.ts';

/** The file system of images, in bytes. */
export interface ImageDisk {
  capacity: bigint;
  available: bigint;
}

/** Percentage of the disk in use. */
export function usedPercent({ capacity, available }: ImageDisk): number {
  return 100 - Number((least(available, capacity) * 100n) / capacity);
}

/** How many bytes have to be freed; undefined: there is room. */
export function bytesToFree(
  disk: ImageDisk,
  { highPercent, lowPercent }: ImageCollectionPolicy,
): bigint | undefined {
  if (usedPercent(disk) < highPercent) return undefined;
  return (disk.capacity * BigInt(100 - lowPercent)) / 100n - least(disk.available, disk.capacity);
}

/** What is told when there are not enough images to remove, in the real kubelet's words. */
export function notEnoughText(disk: ImageDisk, freed: bigint): string {
  return [
    `Insufficient free disk space on the node's image filesystem (${usedPercent(disk)}% of ${sizeText(disk.capacity)} used).`,
    `Failed to free sufficient space by deleting unused images (freed ${freed} bytes).`,
    'Investigate disk usage, as it could be used by active images, logs, volumes, or other data.',
  ].join(' ');
}

/** A size for a person: `1.5 GiB`. */
export function sizeText(bytes: bigint): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  if (bytes < 1024n) return `${bytes} B`;
  let size = Number(bytes) / 1024;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit += 1) size /= 1024;
  return `${size.toFixed(1)} ${units[unit]}`;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
