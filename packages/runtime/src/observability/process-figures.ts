import { readdirSync } from 'node:fs';

/** A figure of this process, under the name that Prometheus' client libraries use. */
export interface ProcessFigure {
  readonly name: string;
  readonly help: string;
  /** Reads the current value. */
  readonly read: () => number;
}

export const processFigures: readonly ProcessFigure[] = [
  {
    name: 'process_cpu_seconds_total',
    help: 'CPU time that the process has used, in seconds.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory, in bytes.',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    // Subtract the descriptor that reads the directory.
    read: () => readdirSync('/proc/self/fd').length - 1,
  },
  {
    name: 'process_start_time_seconds',
    help: 'When the process was started, in seconds since 1970.',
    read: () => Math.round(Date.now() / 1000 - process.uptime()),
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use, in bytes.',
    read: () => process.memoryUsage().heapUsed,
  },
  {
    name: 'nodejs_external_memory_bytes',
    help: 'Memory of buffers outside of the JavaScript heap, in bytes.',
    read: () => process.memoryUsage().external,
  },
];
