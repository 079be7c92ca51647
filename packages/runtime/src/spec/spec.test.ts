import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig, type DeepPartial } from '@berth/cri/generated/api.ts';
import { capabilityNames } from '@berth/linux/security/capabilities.ts';
import { cgroupfsNaming } from '../cgroups/naming.ts';
import type { SpecInput } from './input.ts';
import { ociSpec } from './spec.ts';

const input: Omit<SpecInput, 'config'> = {
  containerId: 'c1',
  sandbox: {
    id: 's1',
    name: 'web',
    namespace: 'default',
    uid: 'u1',
    hostname: 'web-host',
    cgroupParent: '/kubepods/podu1',
    privileged: false,
    hostPid: false,
    namespaces: { network: '/ns/net', ipc: '/ns/ipc', uts: '/ns/uts' },
    files: { hostname: '/s/hostname' },
    shm: '/s/shm',
  },
  image: { Entrypoint: ['/serve'], Env: ['A=1'], User: 'web' },
  imageName: 'example/web:1',
  rootfsPath: '/run/rootfs',
  handler: { annotations: {}, privilegedWithoutHostDevices: false },
  host: {
    arch: 'x64',
    kernel: '6.1.0',
    cgroupVersion: 'v1',
    cgroupNaming: cgroupfsNaming,
    boundingCapabilities: capabilityNames,
    minOomScoreAdj: 0,
    hugetlb: false,
    swapAccounting: true,
    selinux: undefined,
    seccomp: true,
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 2048 }],
  },
  facts: {
    passwd: 'web:x:1000:1000::/:\n',
    group: '',
    mounts: [],
    hostShm: [],
    devices: [],
    hostDevices: [],
    apparmor: { enabled: false, loaded: [] },
  },
  warn: assert.fail,
};

const spec = (config: DeepPartial<ContainerConfig>, change: Partial<SpecInput> = {}) =>
  ociSpec({ ...input, config: ContainerConfig.fromPartial(config), ...change });

const ownPid = { namespaceOptions: { pid: 1 as const } };

test('a container as a kubelet asks for it', () => {
  const result = spec({
    metadata: { name: 'server' },
    linux: {
      resources: { cpuShares: 512n, memoryLimitInBytes: 1n << 20n, oomScoreAdj: -5n },
      securityContext: {
        ...ownPid,
        maskedPaths: ['/proc/kcore'],
        readonlyPaths: ['/proc/sys'],
        noNewPrivs: true,
        readonlyRootfs: true,
        seccomp: { profileType: 0 },
      },
    },
  });
  assert.equal(result.ociVersion, '1.0.2');
  assert.deepEqual(result.root, { path: '/run/rootfs', readonly: true });
  assert.deepEqual(result.process?.args, ['/serve']);
  assert.deepEqual(result.process?.user, { uid: 1000, gid: 1000, additionalGids: [1000] });
  assert.deepEqual(result.process?.env?.slice(1), ['HOSTNAME=web-host', 'A=1']);
  assert.equal(result.process?.noNewPrivileges, true);
  assert.equal(result.process?.oomScoreAdj, 0);
  assert.deepEqual(result.process?.rlimits, input.host.rlimits);
  assert.equal(result.linux?.cgroupsPath, '/kubepods/podu1/c1');
  assert.deepEqual(result.linux?.maskedPaths, ['/proc/kcore']);
  assert.deepEqual(result.linux?.resources, {
    cpu: { shares: 512 },
    memory: { limit: 1048576, swap: 1048576 },
    devices: [{ allow: false, access: 'rwm' }],
  });
  assert.equal(result.linux?.seccomp?.defaultAction, 'SCMP_ACT_ERRNO');
  assert.equal(result.annotations?.['io.kubernetes.cri.container-name'], 'server');
  assert.equal(result.hostname, undefined);
});

test('a privileged container is in nobody’s way', () => {
  const result = spec(
    { linux: { securityContext: { ...ownPid, privileged: true, maskedPaths: ['/proc/kcore'] } } },
    { sandbox: { ...input.sandbox, privileged: true } },
  );
  assert.equal(result.process?.capabilities?.bounding?.length, capabilityNames.length);
  assert.deepEqual(result.linux?.maskedPaths, []);
  assert.equal(result.linux?.seccomp, undefined);
  assert.deepEqual(result.linux?.resources?.devices, [{ allow: true, access: 'rwm' }]);
});

test('what cannot take effect is refused by field', () => {
  const table: [DeepPartial<ContainerConfig>, Partial<SpecInput>, RegExp][] = [
    [{ linux: { securityContext: { privileged: true } } }, {}, /privileged: pod web is not privileged/],
  ];
  for (const [config, change, message] of table) {
    assert.throws(() => spec(config, change), { name: 'RuntimeError', criCode: 'INVALID_ARGUMENT', message });
  }
});

test('what other runtimes ignore is ignored, and told of', () => {
  const warnings: string[] = [];
  const paths = ['/proc/kcore', 'sys/x', ''];
  const result = spec(
    { windows: {}, linux: { securityContext: { ...ownPid, maskedPaths: paths, readonlyPaths: paths } } },
    { warn: (field, problem) => warnings.push(`${field}: ${problem}`) },
  );
  assert.deepEqual(warnings, ['config.windows: ignored: this node runs Linux containers']);
  assert.deepEqual(result.linux?.maskedPaths, ['/proc/kcore', '/sys/x']);
  assert.deepEqual(result.linux?.readonlyPaths, ['/proc/kcore', '/sys/x']);
});

test('SELinux labels are the process’s and the file systems’', () => {
  const result = spec(
    { linux: { securityContext: ownPid } },
    { selinux: { process: 'a:b:c_t', mount: 'a:b:f_t' } },
  );
  assert.equal(result.process?.selinuxLabel, 'a:b:c_t');
  assert.equal(result.linux?.mountLabel, 'a:b:f_t');
  const privileged = spec({ linux: { securityContext: ownPid } }, { selinux: { process: '', mount: '' } });
  assert.ok(!('selinuxLabel' in (privileged.process ?? {})));
  assert.ok(!('mountLabel' in (privileged.linux ?? {})));
});

test('what the runtime handler passes on is an annotation, and never in the place of one of ours', () => {
  const handler = {
    annotations: { 'dev.gvisor.a': '1', 'io.kubernetes.cri.sandbox-id': 'other' },
    privilegedWithoutHostDevices: false,
  };
  const { annotations } = spec({ linux: { securityContext: ownPid } }, { handler });
  assert.equal(annotations?.['dev.gvisor.a'], '1');
  assert.equal(annotations?.['io.kubernetes.cri.sandbox-id'], 's1');
});

test("a privileged container gets the host's devices unless the runtime handler says otherwise", () => {
  const hostDevices = [{ path: '/dev/kvm', type: 'c' as const, major: 10, minor: 232 }];
  const facts = { ...input.facts, hostDevices };
  const devices = (privilegedWithoutHostDevices: boolean) =>
    spec(
      { linux: { securityContext: { ...ownPid, privileged: true } } },
      {
        facts,
        sandbox: { ...input.sandbox, privileged: true },
        handler: { annotations: {}, privilegedWithoutHostDevices },
      },
    ).linux;
  assert.deepEqual(
    devices(false)?.devices?.map(({ path }) => path),
    ['/dev/kvm'],
  );
  assert.deepEqual(devices(true)?.devices, []);
  assert.deepEqual(devices(true)?.resources?.devices, [{ allow: false, access: 'rwm' }]);
});
