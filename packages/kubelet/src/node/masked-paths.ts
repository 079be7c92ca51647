// Paths that containers do not see unless their /proc is unmasked.
import { existsSync, readFileSync } from 'node:fs';

/** Paths in /proc and /sys that reveal or change host state; the same that other runtimes and kubelets mask. */
export const maskedPaths: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

/** Those paths, and the ones of this machine's processors that show how hot they are. */
export function nodeMaskedPaths(): readonly string[] {
  const possible = '/sys/devices/system/cpu/possible';
  const cpus = existsSync(possible) ? cpusIn(readFileSync(possible, 'utf8')) : [];
  const thermal = cpus.map((cpu) => `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`);
  return [...maskedPaths, ...thermal.filter((path) => existsSync(path))];
}

/** Pure: the numbers in a list of the kernel, such as `0-2,7`. */
export function cpusIn(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}
