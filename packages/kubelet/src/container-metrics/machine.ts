// The machine as /metrics/cadvisor tells it. Pure.
import { labelText, type MetricFamily } from '../metrics/exposition.ts';
import { type Machine, osName } from '../node/machine.ts';
import { parseMeminfo } from '../stats/usage-stats.ts';

/** The families. */
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
    osVersion: osName(osRelease),
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
