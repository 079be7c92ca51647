// What a hostile checkpoint can say, file by file, and whether a restore would let it have that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { type TestDump, testDump } from '../testing/criu-images.ts';
import { readCriuDump } from './criu-dump.ts';
import { isRefusedFile } from './image-files.ts';
import { restoreExcess } from './restore-excess.ts';

const caps = ['CAP_CHOWN', 'CAP_SETUID', 'CAP_SETGID'];
const bit = (number: number) => [2 ** number];
const namespaces = (['mount', 'pid', 'ipc', 'uts', 'network'] as const).map((type) => ({ type }));
const profileFilter = Buffer.from('the filter of the profile');

function spec(process: Partial<NonNullable<Spec['process']>> = {}, change: Partial<Spec> = {}): Spec {
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 0, gid: 0 },
      cwd: '/',
      capabilities: { bounding: caps, permitted: caps, effective: caps },
      ...process,
    },
    mounts: [
      { destination: '/proc', type: 'proc' },
      { destination: '/sys', type: 'sysfs', options: ['nosuid', 'ro'] },
      { destination: '/data', type: 'bind', source: '/host', options: ['rbind', 'ro'] },
    ],
    linux: { namespaces },
    ...change,
  };
}

const ordinary = spec({
  user: { uid: 1000, gid: 1000, additionalGids: [2000] },
  capabilities: { bounding: caps },
});
const confined = spec({}, { linux: { namespaces, seccomp: { defaultAction: 'SCMP_ACT_ERRNO' } } });

function excess(dump: TestDump, of = spec()): string[] {
  const files = testDump(dump);
  return restoreExcess(
    readCriuDump([...files.keys()], (name) => files.get(name)),
    {
      spec: of,
      hardLimits: new Map([[7, 1024n]]),
      isFilterOfProfile: (filter) => filter.equals(profileFilter),
      exists: (path) => path !== '/proc/absent',
    },
  );
}

const mountIds = new Map([
  ['/', 1],
  ['/proc', 2],
  ['/sys', 3],
  ['/data', 4],
  ['/proc/kcore', 5],
  ['/proc/sys', 6],
]);
const mount = (mountpoint: string, more: object = {}) => ({
  1: 1,
  2: mountIds.get(mountpoint) ?? 7,
  3: 1,
  4: mountpoint.startsWith('/proc/') ? 2 : 1,
  5: 0,
  6: '/',
  7: `.${mountpoint}`,
  8: 'x',
  9: '',
  ...more,
});

for (const [title, dump, of] of [
  ['a process of root', {}, undefined],
  ['root that has become another user', { creds: { 1: 33, 3: 33, 14: [33] } }, undefined],
  ['capabilities of the container', { creds: { 10: bit(0), 11: bit(0), 12: bit(7) } }, undefined],
  [
    "a user's process",
    { creds: Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((field) => [field, 1000])) },
    ordinary,
  ],
  [
    'the filter of the profile, below another',
    {
      thread: { 11: 2, 12: 1 },
      filters: [
        { 1: profileFilter, 3: 0 },
        { 1: Buffer.from('own'), 2: 0, 3: 1 },
      ],
    },
    confined,
  ],
  ['strict seccomp', { thread: { 11: 1 } }, confined],
  [
    'mounts of the request',
    {
      mounts: [
        mount('/'),
        mount('/proc'),
        mount('/sys', { 1: 2, 5: 3 }),
        mount('/data', { 1: 16, 5: 1, 13: 1, 18: '/data' }),
      ],
    },
    undefined,
  ],
  [
    'masked and read-only paths',
    {
      mounts: [
        mount('/'),
        mount('/proc'),
        mount('/proc/kcore', { 1: 16, 18: '/dev/null' }),
        mount('/proc/sys', { 5: 1, 6: '/sys' }),
      ],
    },
    spec({}, { linux: { namespaces, maskedPaths: ['/proc/kcore'], readonlyPaths: ['/proc/sys'] } }),
  ],
  [
    'a limit of the container',
    { task: { 8: { 1: Array.from({ length: 16 }, () => ({ 1: 1, 2: 1024 })) } } },
    undefined,
  ],
] as const) {
  test(`a checkpoint may have: ${title}`, () => assert.deepEqual(excess(dump, of), []));
}

test('a dead process is not looked at, and is not enough', () => {
  assert.deepEqual(excess({ task: { 1: 2 }, creds: { 11: bit(21) } }), ['it has no process']);
  assert.throws(() => excess({ task: { 1: 4 } }), /neither alive nor dead/);
});

const user = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((field) => [field, 1000]));
const refused: readonly [string, TestDump, Spec | undefined, RegExp][] = [
  ['root in the place of a user', {}, ordinary, /user 0, and the container's is 1000/],
  ['a saved user of root', { creds: { ...user, 5: 0 } }, ordinary, /user 0/],
  ['a file system user of root', { creds: { ...user, 7: 0 } }, ordinary, /user 0/],
  ['a foreign group', { creds: { ...user, 4: 42 } }, ordinary, /group 42/],
  ['a foreign supplementary group', { creds: { ...user, 14: [1000, 42] } }, ordinary, /group 42/],
  ['a packed list of groups', { creds: { ...user, 14: Buffer.from([42]) } }, ordinary, /group 42/],
  ['another user without CAP_SETUID', { creds: { 1: 33 } }, spec({ capabilities: {} }), /user 33/],
  ['CAP_SYS_ADMIN effective', { creds: { 11: bit(21) } }, undefined, /CAP_SYS_ADMIN in its effective set/],
  [
    'CAP_SYS_ADMIN in the bounding set',
    { creds: { 12: bit(21) } },
    undefined,
    /CAP_SYS_ADMIN in its bounding/,
  ],
  ['CAP_BPF, in the second word', { creds: { 10: [0, 2 ** 7] } }, undefined, /CAP_BPF in its permitted set/],
  ['an inheritable CAP_SYS_PTRACE', { creds: { 9: bit(19) } }, undefined, /CAP_SYS_PTRACE/],
  ['an ambient CAP_SYS_PTRACE', { creds: { 19: bit(19) } }, undefined, /CAP_SYS_PTRACE/],
  [
    'a user with capabilities',
    { creds: { ...user, 11: bit(0) } },
    ordinary,
    /CAP_CHOWN in its effective set/,
  ],
  ['privileges to gain', {}, spec({ noNewPrivileges: true }), /may gain new privileges/],
  ['no AppArmor profile', {}, spec({ apparmorProfile: 'berth-default' }), /is confined by ""/],
  [
    'another AppArmor profile',
    { creds: { 15: 'unconfined' } },
    spec({ apparmorProfile: 'a' }),
    /"unconfined"/,
  ],
  ['no seccomp', {}, confined, /no seccomp filter/],
  [
    'seccomp by a field of old',
    { task: { 11: 2, 12: 0 }, filters: [{ 1: profileFilter }] },
    confined,
    /no seccomp/,
  ],
  [
    'a filter that allows all',
    { thread: { 11: 2, 12: 0 }, filters: [{ 1: Buffer.from('allow') }] },
    confined,
    /seen/,
  ],
  [
    'a filter with a listener',
    {
      thread: { 11: 2, 12: 0 },
      filters: [{ 1: profileFilter, 3: 8 }],
    },
    confined,
    /filter with flags/,
  ],
  ['a nice value', { thread: { 3: 19 } }, undefined, /nice value -10/],
  ['real-time scheduling', { thread: { 4: 1 } }, undefined, /real-time/],
  [
    'a high limit of open files',
    {
      task: { 8: { 1: Array.from({ length: 16 }, () => ({ 1: 1, 2: 4096 })) } },
    },
    undefined,
    /resource limit 7 at 4096/,
  ],
  ['a low oom_score_adj', { task: { 14: -1000n } }, undefined, /oom_score_adj -1000, below 0/],
  ["the host's mount namespace", { ids: { 9: 1 } }, undefined, /host's mount namespace/],
  ["the host's PID namespace", { ids: { 5: 1 } }, undefined, /host's pid namespace/],
  ["the host's network namespace, by leaving it out", { ids: { 6: undefined } }, undefined, /host's network/],
  [
    "the host's namespaces, whose numbers are left out",
    { hostIds: { 9: undefined } },
    undefined,
    /host's mount/,
  ],
  ['a first process that is not 1', { pid: 7 }, undefined, /not process 1/],
  ['a mount of its own', { mounts: [mount('/'), mount('/evil')] }, undefined, /mounts \/evil/],
  [
    'a block device',
    { mounts: [mount('/'), mount('/data', { 1: 16, 5: 1, 8: '/dev/sda' })] },
    undefined,
    /type 16 at \/data/,
  ],
  ['debugfs', { mounts: [mount('/'), mount('/proc', { 1: 11 })] }, undefined, /type 11/],
  [
    'another path of the host',
    {
      mounts: [mount('/'), mount('/data', { 5: 1, 13: 1, 18: '/etc' })],
    },
    undefined,
    /"\/etc" of the host at \/data/,
  ],
  [
    'a key that criu reads otherwise',
    {
      mounts: [mount('/'), mount('/data', { 5: 1, 13: 1, 18: '/data]:/etc' })],
    },
    undefined,
    /of the host/,
  ],
  [
    'a read-only volume that is writable',
    {
      mounts: [mount('/'), mount('/data', { 5: 0, 13: 1, 18: '/data' })],
    },
    undefined,
    /\/data is not ro/,
  ],
  [
    '/sys with set-user-ID',
    { mounts: [mount('/'), mount('/sys', { 1: 2, 5: 1 })] },
    undefined,
    /\/sys is not nosuid/,
  ],
  [
    'a read-only root that is writable',
    { mounts: [mount('/')] },
    spec({}, { root: { path: 'r', readonly: true } }),
    /not ro/,
  ],
  [
    'no masked paths',
    {},
    spec(
      {},
      {
        linux: { namespaces, maskedPaths: ['/proc/kcore', '/proc/absent'] },
      },
    ),
    /^\/proc\/kcore is neither masked/,
  ],
  [
    'read-only paths that are writable',
    { mounts: [mount('/'), mount('/proc'), mount('/proc/sys')] },
    spec(
      {},
      {
        linux: { namespaces, readonlyPaths: ['/proc/sys'] },
      },
    ),
    /\/proc\/sys is not ro/,
  ],
  [
    'a masked file under its own name',
    { mounts: [mount('/'), mount('/proc'), mount('/proc/kcore', { 6: '/kcore' })] },
    spec({}, { linux: { namespaces, maskedPaths: ['/proc/kcore'] } }),
    /\/proc\/kcore is not masked/,
  ],
  [
    'a second /proc over the masks',
    { mounts: [mount('/'), mount('/proc'), mount('/proc', { 2: 9 })] },
    undefined,
    /mounts \/proc twice/,
  ],
  [
    'masks below the mount that they are for',
    { mounts: [mount('/'), mount('/proc'), mount('/proc/sys', { 4: 1, 5: 1 })] },
    spec({}, { linux: { namespaces, readonlyPaths: ['/proc/sys'] } }),
    /\/proc\/sys is not on that of \/proc/,
  ],
  ['a raw socket', { files: [{ 1: 4, 2: 1, 4: { 3: 2, 4: 3 } }] }, undefined, /raw socket/],
  ['a packet socket', { files: [{ 1: 10, 2: 1 }] }, undefined, /raw socket/],
  ['an open namespace', { files: [{ 1: 14, 2: 1 }] }, undefined, /namespace open/],
  ['a BPF map', { files: [{ 1: 19, 2: 1 }] }, undefined, /BPF map/],
  [
    'a cgroup above',
    { cgroup: { 2: [{ 1: 'memory', 2: { 1: '/a/../../b' } }] } },
    undefined,
    /cgroup outside/,
  ],
  [
    'a cgroup above, in a set',
    { cgroup: { 1: [{ 1: 1, 2: { 1: 'cpu', 2: '/../x' } }] } },
    undefined,
    /cgroup outside/,
  ],
  ['plugins of criu', { inventory: { 12: { 12: 'evil' } } }, undefined, /plugins/],
];
for (const [title, dump, of, message] of refused) {
  test(`a checkpoint image cannot choose: ${title}`, () => {
    const found = excess(dump, of);
    assert.ok(found.length > 0, 'it would be restored');
    assert.match(found[0] ?? '', message);
  });
}

test('a dump that is not whole, or not a dump, is refused', () => {
  for (const [change, message] of [
    [{ 'core-1.img': undefined }, /no core-1\.img/],
    [{ 'ids-1.img': undefined }, /no ids-1\.img/],
    [{ 'inventory.img': undefined }, /no inventory\.img/],
    [{ 'inventory.img': Buffer.from('pages') }, /inventory\.img: it does not begin/],
    [{ 'pstree.img': testDump().get('core-1.img') }, /pstree\.img: it does not begin as criu's pstree/],
    [{ 'core-1.img': testDump().get('core-1.img')?.subarray(0, 20) }, /core-1\.img: .*cut off/],
    [
      {
        'seccomp.img': testDump({ filters: [{ 1: 'x', 2: 0 }] }).get('seccomp.img'),
        'core-1.img': testDump({ thread: { 11: 2, 12: 0 } }).get('core-1.img'),
      },
      /do not come to an end/,
    ],
  ] as const) {
    const files = new Map<string, Buffer | undefined>([...testDump(), ...Object.entries(change)]);
    assert.throws(() => readCriuDump([...files.keys()], (name) => files.get(name)), message);
  }
});

test('random bytes in any file of a dump are an error, or a dump', () => {
  for (let round = 0; round < 2_000; round++) {
    const files = testDump({
      mounts: [mount('/'), mount('/proc')],
      filters: [{ 1: profileFilter }],
      thread: { 11: 2, 12: 0 },
    });
    const names = [...files.keys()];
    const name = names[round % names.length] ?? '';
    const bytes = files.get(name) ?? Buffer.alloc(0);
    for (let change = 0; change < 3; change++) {
      bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256);
    }
    try {
      readCriuDump(names, (file) => files.get(file));
    } catch (error) {
      assert.ok(error instanceof Error);
    }
  }
});

test('criu gets no file that sets up what a container cannot ask for', () => {
  for (const name of [
    'apparmor.img',
    'iptables-9.img',
    'nftables-9.img',
    'netdev-9.img',
    'route-9.img',
    'bpfmap-data.img',
    'binfmt-misc.img',
    'creds-1.img',
    'rlimit-1.img',
    'reg-files.img',
    'ns-files.img',
    'tunfile.img',
    'fanotify-mark.img',
    'x',
    '../core-1.img',
  ]) {
    assert.ok(isRefusedFile(name), name);
  }
  for (const name of [
    'core-1.img',
    'pages-1.img',
    'descriptors.json',
    'stats-dump',
    'timens-0.img',
    'tmpfs-dev-139.tar.gz.img',
  ]) {
    assert.ok(!isRefusedFile(name), name);
  }
});
