// The machine and its operating system: read once, because neither changes while the kubelet runs.
import { readFileSync } from 'node:fs';
import { release } from 'node:os';

/** The machine. */
export interface Machine {
  /** The texts of files; '' for one that does not exist. */
  readonly cpuinfo: string;
  readonly meminfo: string;
  readonly osRelease: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
}

/** Reads the machine's files. */
export function readMachine(): Machine {
  return {
    cpuinfo: firstOf('/proc/cpuinfo'),
    meminfo: firstOf('/proc/meminfo'),
    osRelease: firstOf('/etc/os-release', '/usr/lib/os-release'),
    machineId: firstOf('/etc/machine-id', '/var/lib/dbus/machine-id').trim(),
    systemUuid: firstOf(
      '/sys/class/dmi/id/product_uuid',
      '/proc/device-tree/system-id',
      '/proc/device-tree/vm,uuid',
      '/etc/machine-id',
    )
      .replaceAll('\0', '')
      .trim(),
    bootId: firstOf('/proc/sys/kernel/random/boot_id').trim(),
    kernelVersion: release(),
  };
}

/** The text of the first file that can be read. */
function firstOf(...paths: string[]): string {
  for (const path of paths) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // Another architecture or distribution has another one.
    }
  }
  return '';
}

/** The name of the operating system, from the text of os-release. Pure. */
export function osName(osRelease: string): string {
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(osRelease)?.[1] ?? 'Linux';
}
