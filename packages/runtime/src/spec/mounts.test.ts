import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mount as CriMount, type DeepPartial, type MountPropagation } from '@berth/cri/generated/api.ts';
import type { MountSource } from './input.ts';
import { containerMounts, type MountsInput } from './mounts.ts';

const source = (path: string, propagation: MountSource['propagation'] = 'shared'): MountSource => ({
  path,
  propagation,
  mountPoint: '/',
  fstype: 'ext4',
  readonly: false,
  restrictions: [],
});

function mounts(requests: DeepPartial<CriMount>[], options: Partial<MountsInput> = {}) {
  const parsed = requests.map((request) => CriMount.fromPartial(request));
  return containerMounts({
    requests: parsed,
    sources: parsed.map(({ hostPath }) => source(hostPath)),
    sandbox: {
      files: { hostname: '/s/hostname', resolvConf: '/s/resolv.conf' },
      shm: '/s/shm',
      namespaces: {},
    },
    hostShm: [],
    privileged: false,
    readonlyRootfs: false,
    warn: assert.fail,
    ...options,
  });
}

const destinations = (...options: Parameters<typeof mounts>) =>
  mounts(...options).mounts.map(({ destination }) => destination);
const optionsOf = (destination: string, ...options: Parameters<typeof mounts>) =>
  mounts(...options).mounts.find((mount) => mount.destination === destination)?.options;

test('the defaults, then the pod files', () => {
  assert.deepEqual(destinations([]), [
    '/proc',
    '/dev',
    '/dev/pts',
    '/dev/mqueue',
    '/sys',
    '/sys/fs/cgroup',
    '/dev/shm',
    '/etc/hostname',
    '/etc/resolv.conf',
  ]);
  assert.equal(optionsOf('/sys', [])?.at(-1), 'ro');
  assert.equal(optionsOf('/sys', [], { privileged: true })?.at(-1), 'rw');
  assert.equal(optionsOf('/etc/hostname', [], { readonlyRootfs: true })?.at(-1), 'ro');
  assert.equal(mounts([], { sandbox: { files: {}, namespaces: {} } }).mounts.at(-1)?.type, 'tmpfs');
});

test('requested mounts replace defaults and are ordered by depth', () => {
  const request = (containerPath: string) => ({ containerPath, hostPath: '/h' });
  assert.deepEqual(destinations([request('/a/b/c'), request('/a/'), request('/etc/hostname')]).slice(7), [
    '/a',
    '/etc/resolv.conf',
    '/etc/hostname',
    '/a/b/c',
  ]);
  assert.deepEqual(destinations([request('/dev')], { sandbox: { files: {}, namespaces: {} } }), [
    '/proc',
    '/sys',
    '/sys/fs/cgroup',
    '/dev',
  ]);
  assert.equal(destinations([request('/dev/shm')]).filter((path) => path === '/dev/shm').length, 1);
});

test('access and propagation', () => {
  const table: [DeepPartial<CriMount>, string[], string | undefined][] = [
    [{}, ['rbind', 'rprivate', 'rw'], undefined],
    [{ readonly: true }, ['rbind', 'rprivate', 'ro'], undefined],
    [{ readonly: true, recursiveReadOnly: true }, ['rbind', 'rprivate', 'rro'], undefined],
    [{ mountOptions: ['noexec', 'nodev'] }, ['rbind', 'rprivate', 'rw', 'noexec', 'nodev'], undefined],
    [{ propagation: 1 }, ['rbind', 'rslave', 'rw'], 'rslave'],
    [{ propagation: 2 }, ['rbind', 'rshared', 'rw'], 'rshared'],
    [{ selinuxRelabel: true }, ['rbind', 'rprivate', 'rw'], undefined],
  ];
  for (const [request, options, root] of table) {
    const result = mounts([{ containerPath: '/m', hostPath: '/h', ...request }]);
    assert.deepEqual(result.mounts.at(-3)?.options, options);
    assert.equal(result.rootfsPropagation, root);
  }
});

test('mounts that cannot be are refused by field', () => {
  const table: [DeepPartial<CriMount>, RegExp][] = [
    [{ containerPath: '' }, /container_path: the root/],
    [{ containerPath: '/..' }, /container_path: the root/],
    [{ mountOptions: ['noexec', 'rw'] }, /mount_options\[1\]: "rw" is not supported/],
    [{ recursiveReadOnly: true }, /recursive_read_only: needs readonly/],
    [{ readonly: true, recursiveReadOnly: true, propagation: 1 }, /recursive_read_only: needs private/],
  ];
  for (const [request, message] of table) {
    assert.throws(() => mounts([{ containerPath: '/m', hostPath: '/h', ...request }]), message);
  }
  const request = (propagation: 1 | 2) => [{ containerPath: '/m', hostPath: '/h', propagation }];
  assert.throws(
    () => mounts(request(2), { sources: [source('/h', 'slave')] }),
    /propagation: .*not a shared mount/,
  );
  assert.throws(
    () => mounts(request(1), { sources: [source('/h', 'private')] }),
    /not a shared or slave mount/,
  );
});

test('mounts that containerd and runc make all the same', () => {
  const table: [DeepPartial<CriMount>, destination: string, options: string[], RegExp][] = [
    [
      { containerPath: 'rel/./x' },
      '/rel/x',
      ['rbind', 'rprivate', 'rw'],
      /mounts\[0\]\.container_path: "rel\/\.\/x"/,
    ],
    [
      { containerPath: '../../up' },
      '/up',
      ['rbind', 'rprivate', 'rw'],
      /container_path: .* taken from the root/,
    ],
    // Of a later CRI.
    [
      { propagation: Number('9') as MountPropagation },
      '/m',
      ['rbind', 'rprivate', 'rw'],
      /mounts\[0\]\.propagation: 9 .* as private/,
    ],
  ];
  for (const [request, destination, options, warning] of table) {
    const warnings: string[] = [];
    const warn = (field: string, problem: string) => warnings.push(`${field}: ${problem}`);
    assert.deepEqual(
      optionsOf(destination, [{ containerPath: '/m', hostPath: '/h', ...request }], { warn }),
      options,
    );
    assert.match(warnings.join(), warning);
  }
  const twice = [1, 2].map((number) => ({ containerPath: '/m', hostPath: `/h${number}` }));
  const sources = mounts(twice).mounts.filter(({ destination }) => destination === '/m');
  assert.deepEqual(
    sources.map(({ source }) => source),
    ['/h1', '/h2'],
  );
});
