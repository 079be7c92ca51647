// Figures of this process for metrics.
import { readdirSync, readFileSync } from 'node:fs';
import { parseLimits, RLIM_INFINITY, type RlimitType } from './rlimits.ts';

/** A figure of this process, under the name that Prometheus' client libraries use. */
export interface ProcessFigure {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  /** Reads the current value. */
  readonly read: () => number;
}

/** When this process was started. */
export const processStartTime: ProcessFigure = {
  name: 'process_start_time_seconds',
  help: 'When the process was started, in seconds since 1970.',
  type: 'gauge',
  read: () => Math.round(Date.now() / 1000 - process.uptime()),
};

/** The figures that every process has. */
export const processFigures: readonly ProcessFigure[] = [
  {
    name: 'process_cpu_seconds_total',
    help: 'CPU time that the process has used, in seconds.',
    type: 'counter',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory, in bytes.',
    type: 'gauge',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'process_virtual_memory_bytes',
    help: 'Virtual memory, in bytes.',
    type: 'gauge',
    read: () => Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024,
  },
  {
    name: 'process_virtual_memory_max_bytes',
    help: 'Limit of virtual memory, in bytes.',
    type: 'gauge',
    read: () => Number(ownLimit('RLIMIT_AS')),
  },
  {
    name: 'process_network_receive_bytes_total',
    help: 'Bytes that the network namespace of the process has received.',
    type: 'counter',
    read: () => octets('InOctets'),
  },
  {
    name: 'process_network_transmit_bytes_total',
    help: 'Bytes that the network namespace of the process has sent.',
    type: 'counter',
    read: () => octets('OutOctets'),
  },
  {
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    type: 'gauge',
    // Subtract the descriptor that reads the directory.
    read: () => readdirSync('/proc/self/fd').length - 1,
  },
  {
    name: 'process_max_fds',
    help: 'The most file descriptors that may be open.',
    type: 'gauge',
    read: () => Number(ownLimit('RLIMIT_NOFILE')),
  },
  processStartTime,
];

/** The figures of Node.js. */
export const nodeFigures: readonly ProcessFigure[] = [
  {
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use, in bytes.',
    type: 'gauge',
    read: () => process.memoryUsage().heapUsed,
  },
  {
    name: 'nodejs_external_memory_bytes',
    help: 'Memory of buffers outside of the JavaScript heap, in bytes.',
    type: 'gauge',
    read: () => process.memoryUsage().external,
  },
];

/** A soft limit of this process. */
function ownLimit(wanted: RlimitType): bigint {
  const limits = parseLimits(readFileSync('/proc/self/limits', 'utf8'));
  return limits.find(({ type }) => type === wanted)?.soft ?? RLIM_INFINITY;
}

/** A counter of IP in /proc/self/net/netstat, which has a line of names and one of values for each protocol. */
function octets(name: string): number {
  const text = readFileSync('/proc/self/net/netstat', 'utf8');
  const [names = [], values = []] = [...text.matchAll(/^IpExt: (.*)$/gm)].map(([, line = '']) =>
    line.split(' '),
  );
  return Number(values[names.indexOf(name)] ?? 0);
}
