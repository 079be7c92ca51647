import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostFindings } from './host-checks.ts';
import type { HostFacts } from './host-facts.ts';

/** A machine on which every check passes. */
const fine: HostFacts = {
  settingsProblem: undefined,
  takenPorts: [{ port: 22, owner: { pid: 1, command: 'sshd' } }],
  kubeletAnswers: false,
  swaps: 'Filename\tType\n',
  networks: [],
  cniConfDir: '/etc/cni/net.d',
  interfaces: ['lo', 'eth0'],
  runtimes: [],
  otherKubelets: [],
  cgroupVersion: 'v2',
  cgroupDriver: 'systemd',
  isSystemd: true,
  appArmor: { enabled: true, canList: true },
  kernel: { release: '6.1.0-18-amd64', hasSeccomp: true, userNamespaces: 15_000 },
  directories: [{ path: '/var/lib/berth', problem: undefined }],
};

const taken = [10250, 10248].map((port) => ({ port, owner: { pid: 7, command: 'k3s' } }));
const broken = {
  file: '/etc/cni/net.d/10-x.conflist',
  name: '',
  problem: '/etc/cni/net.d/10-x.conflist: not JSON',
  bridges: [],
};
const cilium = {
  file: '/etc/cni/net.d/05-c.conflist',
  name: 'cilium',
  problem: undefined,
  bridges: [],
};

/** For each change to the fine machine, the line of the doctor and what to do; `warn` when the node works anyway. */
const cases: [
  title: string,
  change: Partial<HostFacts>,
  mark: 'ok' | 'warn' | 'FAIL',
  line: RegExp,
  todo?: RegExp,
][] = [
  [
    'a wrong config.yaml',
    { settingsProblem: '/etc/berth/config.yaml:1:1: listen: want an absolute path' },
    'FAIL',
    /^settings: .*config\.yaml:1:1: listen/,
    /correct it/,
  ],
  ['free ports', {}, 'ok', /^port 10250: free$/],
  [
    'the port of the kubelet taken',
    { takenPorts: taken },
    'FAIL',
    /^port 10250: taken by k3s \(pid 7\)/,
    /^stop k3s .*sport = :10250.*port in its configuration/,
  ],
  [
    'its health port taken by an unknown process',
    { takenPorts: [{ port: 10248, owner: undefined }] },
    'FAIL',
    /^port 10248: taken by another process/,
    /healthzPort/,
  ],
  [
    'the ports taken by the kubelet itself',
    { takenPorts: taken, kubeletAnswers: true },
    'ok',
    /^port 10250: .*this node's kubelet/,
  ],
  ['no swap', {}, 'ok', /^swap: off$/],
  [
    'swap',
    { swaps: 'Filename\tType\n/dev/sda2 partition 100 0 -2\n' },
    'FAIL',
    /^swap: on/,
    /swapoff -a.*failSwapOn/,
  ],
  ['no CNI configuration', {}, 'ok', /^CNI: no configuration in .*berthd writes its own/],
  ['a broken one', { networks: [broken] }, 'FAIL', /^CNI: .*10-x.conflist: not JSON/, /move it away/],
  [
    'a broken one and a good one',
    { networks: [broken, cilium] },
    'ok',
    /^CNI: network cilium of .*05-c.conflist/,
  ],
  [
    'a directory that cannot be read',
    { networks: { problem: '/etc/cni/net.d cannot be read: not a directory' } },
    'FAIL',
    /^CNI: .*not a directory/,
    /make \/etc\/cni\/net\.d a directory/,
  ],
  [
    'another runtime',
    { runtimes: [{ name: 'containerd', socket: '/run/containerd/containerd.sock' }] },
    'ok',
    /^neighbour: containerd runs too/,
  ],
  [
    'another kubelet',
    { otherKubelets: [99] },
    'warn',
    /^neighbour: another kubelet runs \(pid 99\).*kubepods/,
    /--root-dir and --cgroup-root/,
  ],
  [
    "the bridge of another runtime's network",
    { interfaces: ['lo', 'cni0'] },
    'warn',
    /^neighbour: the bridge cni0/,
    /ip link delete cni0/,
  ],
  ['cgroup v2 with systemd', {}, 'ok', /^cgroup mode: v2, driver systemd/],
  [
    'cgroupfs beside systemd',
    { cgroupDriver: 'cgroupfs' },
    'warn',
    /^cgroup mode: cgroupDriver is cgroupfs/,
    /cgroupDriver: systemd/,
  ],
  [
    'systemd driver without systemd',
    { isSystemd: false },
    'FAIL',
    /^cgroup mode: cgroupDriver is systemd/,
    /cgroupDriver: cgroupfs/,
  ],
  [
    'cgroup v1',
    { cgroupVersion: 'hybrid', isSystemd: false, cgroupDriver: 'cgroupfs' },
    'warn',
    /^cgroup mode: hybrid/,
    /unified_cgroup_hierarchy=1/,
  ],
  ['AppArmor off', { appArmor: { enabled: false, canList: false } }, 'ok', /^AppArmor: off/],
  [
    'AppArmor that cannot be listed',
    { appArmor: { enabled: true, canList: false } },
    'warn',
    /^AppArmor: on, but/,
    /mount -t securityfs/,
  ],
  [
    'an old kernel',
    { kernel: { ...fine.kernel, release: '5.4.0' } },
    'FAIL',
    /^kernel: 5\.4\.0 lacks/,
    /Linux 5\.12/,
  ],
  [
    'no seccomp',
    { kernel: { ...fine.kernel, hasSeccomp: false } },
    'warn',
    /^seccomp: not/,
    /CONFIG_SECCOMP_FILTER/,
  ],
  [
    'user namespaces turned off',
    { kernel: { ...fine.kernel, userNamespaces: 0 } },
    'warn',
    /^user namespaces: off/,
    /max_user_namespaces=/,
  ],
  [
    'a kernel without user namespaces',
    { kernel: { ...fine.kernel, userNamespaces: undefined } },
    'warn',
    /^user namespaces: off/,
    /CONFIG_USER_NS/,
  ],
  [
    'a read-only disk',
    { directories: [{ path: '/var/lib/berth', problem: 'read-only file system' }] },
    'FAIL',
    /^directory: \/var\/lib\/berth: read-only file system/,
    /writable file system/,
  ],
];

for (const [title, change, mark, line, todo] of cases) {
  test(title, () => {
    const found = hostFindings({ ...fine, ...change }).find(({ name, detail }) =>
      line.test(`${name}: ${detail}`),
    );
    assert.ok(found, JSON.stringify(hostFindings({ ...fine, ...change })));
    assert.equal(found.todo === undefined ? 'ok' : found.optional ? 'warn' : 'FAIL', mark);
    if (todo === undefined) assert.equal(found.todo, undefined);
    else assert.match(found.todo ?? '', todo);
  });
}

test('on a fine machine every check passes', () => {
  assert.deepEqual(
    hostFindings(fine).filter(({ todo }) => todo !== undefined),
    [],
  );
});

test("Berth's own bridge, and one of a configuration, are no other runtime's", () => {
  const own = { file: '/etc/cni/net.d/87-berth.conflist', name: 'berth', problem: undefined };
  const users = { file: '/etc/cni/net.d/10-mine.conflist', name: 'mine', problem: undefined };
  for (const network of [own, users]) {
    const facts = { ...fine, interfaces: ['cni0'], networks: [{ ...network, bridges: ['cni0'] }] };
    assert.deepEqual(
      hostFindings(facts).filter(({ name }) => name === 'neighbour'),
      [],
    );
  }
});
