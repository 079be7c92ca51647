// The machine as /metrics/cadvisor tells it: read once, because it does not change while the kubelet runs.
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { labelText, type MetricFamily } from '../metrics/exposition.ts';
import { parseMeminfo } from '../stats/usage-stats.ts';

/** What the metrics of a machine need. */
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

/** The families. Pure. */
export function machineFamilies(machine: Machine): MetricFamily[] {
  const { cpuinfo, meminfo, osRelease, machineId, systemUuid, bootId, kernelVersion } = machine;
  const labels = labelText({ machine_id: machineId, system_uuid: systemUuid, boot_id: bootId });
  const { totalBytes, swapTotalBytes } = parseMeminfo(meminfo);
  const gauge = (name: string, help: string, value: number | bigint): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples: [{ labels, value: Number(value) }],
  });
  const version = labelText({
    kernelVersion,
    osVersion: /^PRETTY_NAME="?(.*?)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
    dockerVersion: '',
    cadvisorVersion: '',
    cadvisorRevision: '',
  });
  return [
    gauge('machine_cpu_physical_cores', 'Physical cores.', physicalCores(cpuinfo)),
    gauge('machine_cpu_cores', 'Logical cores.', processors(cpuinfo).length),
    gauge('machine_cpu_sockets', 'Sockets.', sockets(cpuinfo)),
    // Only s390x has books and drawers.
    gauge('machine_cpu_books', 'Books.', 0),
    gauge('machine_cpu_drawers', 'Drawers.', 0),
    gauge('machine_memory_bytes', 'Memory.', totalBytes),
    gauge('machine_swap_bytes', 'Swap.', swapTotalBytes),
    {
      name: 'cadvisor_version_info',
      help: 'Always 1; its labels are the versions.',
      type: 'gauge',
      samples: [{ labels: version, value: 1 }],
    },
  ];
}

function processors(cpuinfo: string): string[] {
  return cpuinfo.split(/\n\n+/).filter((block) => /^processor\s*:/m.test(block));
}

/** Pairs of socket and core that are different; each processor counts where the kernel does not tell. */
function physicalCores(cpuinfo: string): number {
  const cores = processors(cpuinfo).map(
    (block, index) => `${field(block, 'physical id')}:${field(block, 'core id') ?? index}`,
  );
  return new Set(cores).size;
}

function sockets(cpuinfo: string): number {
  return new Set(processors(cpuinfo).map((block) => field(block, 'physical id') ?? '0')).size;
}

function field(block: string, name: string): string | undefined {
  return new RegExp(`^${name}\\s*:\\s*(\\S+)`, 'm').exec(block)?.[1];
}
