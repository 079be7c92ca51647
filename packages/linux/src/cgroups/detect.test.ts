import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from '../mounts/mountinfo.ts';
import { findCgroupMounts } from './detect.ts';
import { limitBytes } from './keyed-file.ts';
import { parseMembership } from './membership.ts';
import { lineage, pathParts } from './tree.ts';

const v1 = `30 23 0:31 / /sys/fs/cgroup rw - tmpfs tmpfs rw
31 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 30 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
33 30 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
40 1 0:30 /pod /var/container/memory rw - cgroup cgroup rw,memory
`;
const unified = '34 30 0:34 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n';

test('cgroup v1 mounts', () => {
  const found = findCgroupMounts(parseMountInfo(v1));
  assert.deepEqual(found, {
    version: 'v1',
    mounts: {
      controllers: new Map([
        ['cpu', '/sys/fs/cgroup/cpu,cpuacct'],
        ['cpuacct', '/sys/fs/cgroup/cpu,cpuacct'],
        ['memory', '/sys/fs/cgroup/memory'],
      ]),
      others: ['/sys/fs/cgroup/systemd'],
    },
  });
});

test('hybrid mounts', () => {
  const found = findCgroupMounts(parseMountInfo(v1 + unified));
  assert.ok(found?.version === 'v1');
  assert.equal(found.unifiedRoot, '/sys/fs/cgroup/unified');
});

test('cgroup v2 mounts', () => {
  const text = '30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
  assert.deepEqual(findCgroupMounts(parseMountInfo(text)), { version: 'v2', root: '/sys/fs/cgroup' });
});

test('no cgroup mounts', () => {
  assert.equal(findCgroupMounts(parseMountInfo('1 0 8:1 / / rw - ext4 /dev/sda rw\n')), undefined);
});

test('membership of a process', () => {
  assert.deepEqual(
    parseMembership('4:memory:/a\n3:cpu,cpuacct:/b:c\n1:name=systemd:/\n0::/d\n'),
    new Map([
      ['memory', '/a'],
      ['cpu', '/b:c'],
      ['cpuacct', '/b:c'],
      ['name=systemd', '/'],
      ['', '/d'],
    ]),
  );
});

test('cgroup paths', () => {
  assert.deepEqual(pathParts('/'), []);
  assert.deepEqual(lineage('/sys', '/a/b'), ['/sys/a', '/sys/a/b']);
  for (const path of ['', 'a', '/a/', '//a', '/a/../b', '/./a', '/..']) {
    assert.throws(() => pathParts(path), /cgroup path/, path);
  }
});

test('limit files', () => {
  assert.deepEqual(['max', '4096', '9223372036854771712', undefined].map(limitBytes), [
    undefined,
    4096n,
    undefined,
    undefined,
  ]);
});
