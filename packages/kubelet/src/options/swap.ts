// Whether a machine swaps. Pure.

/** Whether the text of /proc/swaps lists a swap area, except in compressed memory. */
export function hasSwap(swaps: string): boolean {
  return swaps
    .split('\n')
    .slice(1)
    .some((line) => line.trim() !== '' && !line.startsWith('/dev/zram'));
}
