// The families of /metrics/cadvisor about disks, file systems and networks. Pure.
import type { DeviceIo } from '@berth/linux/cgroups/details.ts';
import type { FileSystemUsage } from '@berth/linux/files/file-system-usage.ts';
import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';
import { counter, type FigureFamily, gauge, type LabelledValue } from './family.ts';
import type { CgroupFigures, DiskCounters } from './figures.ts';

const fileSystems = [
  space('inodes_free', 'Free inodes.', ({ freeInodes }) => freeInodes),
  space('inodes_total', 'Inodes.', ({ totalInodes }) => totalInodes),
  space('limit_bytes', 'Size of the file system.', ({ totalBytes }) => totalBytes),
  space('usage_bytes', 'Bytes in use.', ({ usedBytes }) => usedBytes),
];

function space(name: string, help: string, value: (fs: FileSystemUsage) => bigint): FigureFamily {
  return gauge(`container_fs_${name}`, help, ({ fileSystems }) =>
    fileSystems.map((fs) => [{ device: fs.device }, value(fs)]),
  );
}

const disks = [
  counter('container_fs_reads_bytes_total', 'Bytes read.', (figures) =>
    ofCgroup(figures, 'Read', ({ bytes }) => bytes),
  ),
  counter('container_fs_writes_bytes_total', 'Bytes written.', (figures) =>
    ofCgroup(figures, 'Write', ({ bytes }) => bytes),
  ),
  counter('container_fs_reads_total', 'Reads.', (figures) => [
    ...ofCgroup(figures, 'Read', ({ count }) => count),
    ...ofDisks(figures, ({ reads }) => reads),
  ]),
  counter('container_fs_writes_total', 'Writes.', (figures) => [
    ...ofCgroup(figures, 'Write', ({ count }) => count),
    ...ofDisks(figures, ({ writes }) => writes),
  ]),
  disk('sector_reads_total', 'Sectors read.', ({ sectorsRead }) => sectorsRead),
  disk('sector_writes_total', 'Sectors written.', ({ sectorsWritten }) => sectorsWritten),
  disk('reads_merged_total', 'Reads that were merged.', ({ readsMerged }) => readsMerged),
  disk('writes_merged_total', 'Writes that were merged.', ({ writesMerged }) => writesMerged),
  disk('read_seconds_total', 'Time of reads, in seconds.', ({ readMs }) => readMs / 1000),
  disk('write_seconds_total', 'Time of writes, in seconds.', ({ writeMs }) => writeMs / 1000),
  disk('io_time_seconds_total', 'Time with reads or writes, in seconds.', ({ ioMs }) => ioMs / 1000),
  disk(
    'io_time_weighted_seconds_total',
    'The same, for each read and write.',
    ({ weightedIoMs }) => weightedIoMs / 1000,
  ),
  gauge('container_fs_io_current', 'Reads and writes under way.', (figures) =>
    ofDisks(figures, ({ inProgress }) => inProgress),
  ),
  counter('container_blkio_device_usage_total', 'Bytes to and from a device.', ({ details, devicePath }) =>
    details?.io.map((io) => {
      const { major, minor, operation, bytes } = io;
      const labels = { device: devicePath(io), major: String(major), minor: String(minor), operation };
      return [labels, bytes];
    }),
  ),
];

function disk(name: string, help: string, value: (disk: DiskCounters) => number): FigureFamily {
  return counter(`container_fs_${name}`, help, (figures) => ofDisks(figures, value));
}

function ofDisks({ fileSystems }: CgroupFigures, value: (disk: DiskCounters) => number): LabelledValue[] {
  return fileSystems.map(({ device, disk }) => [{ device }, disk === undefined ? 0 : value(disk)]);
}

function ofCgroup(
  { details, devicePath }: CgroupFigures,
  wanted: 'Read' | 'Write',
  value: (io: DeviceIo) => bigint,
): LabelledValue[] {
  const io = details?.io.filter(({ operation }) => operation === wanted) ?? [];
  return io.map((each) => [{ device: devicePath(each) }, value(each)]);
}

const network = [
  ofInterfaces('receive_bytes_total', 'Bytes received.', ({ rxBytes }) => rxBytes),
  ofInterfaces('receive_errors_total', 'Errors of receiving.', ({ rxErrors }) => rxErrors),
  ofInterfaces('receive_packets_dropped_total', 'Packets dropped on receipt.', ({ rxDropped }) => rxDropped),
  ofInterfaces('receive_packets_total', 'Packets received.', ({ rxPackets }) => rxPackets),
  ofInterfaces('transmit_bytes_total', 'Bytes sent.', ({ txBytes }) => txBytes),
  ofInterfaces('transmit_errors_total', 'Errors of sending.', ({ txErrors }) => txErrors),
  ofInterfaces(
    'transmit_packets_dropped_total',
    'Packets dropped instead of sent.',
    ({ txDropped }) => txDropped,
  ),
  ofInterfaces('transmit_packets_total', 'Packets sent.', ({ txPackets }) => txPackets),
];

function ofInterfaces(
  name: string,
  help: string,
  value: (counters: InterfaceCounters) => bigint,
): FigureFamily {
  return counter(`container_network_${name}`, help, ({ interfaces }) =>
    interfaces?.map((counters) => [{ interface: counters.name }, value(counters)]),
  );
}

/** All of them. */
export const deviceFamilies: readonly FigureFamily[] = [...fileSystems, ...disks, ...network];
