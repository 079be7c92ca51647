import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { parseDiskstats, shownFileSystems } from './file-systems.ts';
import { machineFamilies } from './machine.ts';

const mount = (fstype: string, source: string, mountPoint: string): MountInfo => ({
  id: 1,
  parentId: 0,
  device: '8:1',
  root: '/',
  mountPoint,
  options: [],
  unbindable: false,
  fstype,
  source,
  superOptions: [],
});

test('file systems on disks once, and in memory unless they are of pods', () => {
  const shown = shownFileSystems(
    [
      mount('ext4', '/dev/sda1', '/'),
      mount('ext4', '/dev/sda1', '/var/bind'),
      mount('proc', 'proc', '/proc'),
      mount('overlay', 'overlay', '/run/x'),
      mount('tmpfs', 'tmpfs', '/dev/shm'),
      mount('tmpfs', 'tmpfs', '/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/v'),
      mount('nfs4', 'server:/x', '/mnt'),
    ],
    '/var/lib/kubelet',
  );
  assert.deepEqual(
    shown.map(({ device, mountPoint }) => [device, mountPoint]),
    [
      ['/dev/sda1', '/'],
      ['/dev/shm', '/dev/shm'],
    ],
  );
});

test('counters of disks', () => {
  const text = '   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 0 0 0 0\n';
  assert.deepEqual(parseDiskstats(text).get('8:0'), {
    reads: 1,
    readsMerged: 2,
    sectorsRead: 3,
    readMs: 4,
    writes: 5,
    writesMerged: 6,
    sectorsWritten: 7,
    writeMs: 8,
    inProgress: 9,
    ioMs: 10,
    weightedIoMs: 11,
  });
});

test('processors of a machine: threads share cores, and cores share sockets', () => {
  const thread = (processor: number, socket: number, core: number): string =>
    `processor\t: ${processor}\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`;
  const figures = (cpuinfo: string): number[] => {
    const machine = {
      cpuinfo,
      meminfo: 'MemTotal: 4 kB\n',
      osRelease: 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n',
      machineId: 'm',
      systemUuid: 's',
      bootId: 'b',
      kernelVersion: '6.1',
    };
    const families = machineFamilies(machine);
    const version = families.find(({ name }) => name === 'cadvisor_version_info');
    assert.match(version?.samples[0]?.labels ?? '', /kernelVersion="6.1",osVersion="Debian GNU\/Linux 12"/);
    return ['cores', 'physical_cores', 'sockets'].map(
      (name) => families.find((family) => family.name === `machine_cpu_${name}`)?.samples[0]?.value ?? -1,
    );
  };
  const two = [thread(0, 0, 0), thread(1, 0, 0), thread(2, 1, 0), thread(3, 1, 0)];
  assert.deepEqual(figures(two.join('\n')), [4, 2, 2]);
  assert.deepEqual(figures('processor\t: 0\nBogoMIPS\t: 1\n\nprocessor\t: 1\nBogoMIPS\t: 1\n'), [2, 2, 1]);
});
