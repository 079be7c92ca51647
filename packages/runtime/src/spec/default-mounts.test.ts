import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultMounts, podFileMounts } from './default-mounts.ts';

const quiet = 'nosuid,noexec,nodev';

/** One line for each mount. */
const lines = (mounts: ReturnType<typeof defaultMounts>) =>
  mounts.map(({ destination, type, source, options = [] }) => `${destination} ${type} ${source} ${options}`);

const plain = [
  `/proc proc proc ${quiet}`,
  '/dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k',
  '/dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5',
  `/dev/mqueue mqueue mqueue ${quiet}`,
  `/sys sysfs sysfs ${quiet},ro`,
  `/sys/fs/cgroup cgroup cgroup ${quiet},relatime,ro`,
  `/dev/shm tmpfs shm ${quiet},mode=1777,size=65536k`,
];
const but = (index: number, line: string) => plain.with(index, line);

const cases: [title: string, options: Parameters<typeof defaultMounts>[0], wanted: string[]][] = [
  ['a plain container', { privileged: false, shm: undefined }, plain],
  ['a privileged one', { privileged: true, shm: undefined }, plain.map((line) => line.replace(/ro$/, 'rw'))],
  [
    "the pod's shared memory",
    { privileged: false, shm: '/s/shm' },
    but(6, '/dev/shm bind /s/shm rbind,rprivate,nosuid,nodev,noexec,rw'),
  ],
  [
    "the host's shared memory, which lets programs run",
    { privileged: false, shm: '/dev/shm', shmRestrictions: ['nosuid'] },
    but(6, '/dev/shm bind /dev/shm rbind,rprivate,nosuid,nodev,rw'),
  ],
  [
    "a user namespace in the host's network",
    { privileged: false, shm: undefined, foreignNetwork: true },
    but(4, `/sys bind /sys rbind,rprivate,${quiet},rro`),
  ],
];
for (const [title, options, wanted] of cases)
  test(`mounts of ${title}`, () => assert.deepEqual(lines(defaultMounts(options)), wanted));

test("the pod's files, as far as there are any, as the root file system is", () => {
  const options = 'bind,rprivate,nosuid,nodev,noexec';
  assert.deepEqual(lines(podFileMounts({ hostname: '/s/hostname', hosts: '/s/hosts' }, false)), [
    `/etc/hostname bind /s/hostname ${options},rw`,
    `/etc/hosts bind /s/hosts ${options},rw`,
  ]);
  assert.deepEqual(lines(podFileMounts({ resolvConf: '/s/resolv' }, true)), [
    `/etc/resolv.conf bind /s/resolv ${options},ro`,
  ]);
});
