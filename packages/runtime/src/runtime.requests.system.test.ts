import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { NamespaceMode, SecurityProfile_ProfileType } from '@berth/cri/generated/api.ts';
import { failsWith, isolated, PodCalls, until } from './testing/pod-calls.ts';
import { TestNode } from './testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-requests');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const call = () => node.client.runtime;

test('bad requests name the field, and leave nothing', async () => {
  const sandbox = await pods.runPod('bad');
  const before = readdirSync(join(node.dir, 'state/containers')).length;
  const rows: [ask: () => Promise<unknown>, code: string, message: RegExp][] = [
    [
      () => call().runPodSandbox({ config: node.sandboxConfig('x', { metadata: undefined }) }),
      'INVALID_ARGUMENT',
      /^config\.metadata: is required/,
    ],
    [
      () => call().runPodSandbox({ config: node.sandboxConfig('x'), runtimeHandler: 'kata' }),
      'UNKNOWN',
      /runtime_handler "kata" is not configured/,
    ],
    [
      () => pods.runPod('x;K8S_POD_NAMESPACE=kube-system'),
      'INVALID_ARGUMENT',
      /^config\.metadata\.name: .*must not contain ;/,
    ],
    [
      () => pods.runPod('x', { dnsConfig: { servers: ['192.0.2.1\nnameserver 192.0.2.66'] } }),
      'INVALID_ARGUMENT',
      /^config\.dns_config\.servers\[0\]: .* control character/,
    ],
    [
      () => pods.makeContainer(sandbox, ['/bin/true'], { metadata: { name: 'a\nb', attempt: 0 } }),
      'INVALID_ARGUMENT',
      /^config\.metadata\.name: .* control character/,
    ],
    [
      () => pods.runPod('x', { linux: { cgroupParent: '/a/../b' } }),
      'INVALID_ARGUMENT',
      /cgroup_parent: "\/a\/\.\.\/b"/,
    ],
    [
      () => pods.runPod('x', { linux: { cgroupParent: 'kubepods.slice' } }),
      'INVALID_ARGUMENT',
      /cgroup_parent: .*cgroupfs/,
    ],
    [
      () => pods.runPod('x', { linux: { sysctls: { 'vm.swappiness': '1' } } }),
      'INVALID_ARGUMENT',
      /vm\.swappiness/,
    ],
    [
      () => pods.runPod('x', { logDirectory: '/proc/berth/logs' }),
      'INVALID_ARGUMENT',
      /^config\.log_directory: .*is in \/proc/,
    ],
    [
      () => pods.makeContainer(sandbox, ['/bin/true'], { logPath: '../../../../../proc/berth/0.log' }),
      'INVALID_ARGUMENT',
      /^config\.log_path: "\.\.\/.* is not the path of a file below the log_directory/,
    ],
    [
      () =>
        pods.makeContainer(sandbox, ['/bin/true'], {
          mounts: [{ hostPath: '/sys/berth', containerPath: '/x' }],
        }),
      'INVALID_ARGUMENT',
      /^config\.mounts\[0\]\.host_path: .*is in \/sys/,
    ],
    [
      () => pods.makeContainer(sandbox, [], { command: [], image: { image: 'nowhere/none:1' } }),
      'NOT_FOUND',
      /config\.image: image nowhere\/none:1 is not here/,
    ],
    [() => pods.makeContainer(sandbox, ['/nope']), 'UNKNOWN', /\/nope/],
    [
      () =>
        pods.makeContainer(sandbox, ['/bin/true'], {
          linux: { securityContext: { runAsUsername: 'ghost' } },
        }),
      'INVALID_ARGUMENT',
      /ghost/,
    ],
    [() => pods.makeContainer('0123', ['/bin/true']), 'NOT_FOUND', /could not find pod "0123"/],
    [() => call().containerStatus({ containerId: 'abc' }), 'NOT_FOUND', /could not find container "abc"/],
    [() => call().podSandboxStatus({ podSandboxId: '' }), 'NOT_FOUND', /could not find pod/],
  ];
  for (const [ask, code, message] of rows) await assert.rejects(ask(), failsWith(code, message));
  await call().stopContainer({ containerId: 'abc' });
  await call().removeContainer({ containerId: 'abc' });
  assert.equal(readdirSync(join(node.dir, 'state/containers')).length, before);
  assert.equal((await call().listPodSandbox({})).items.length, 1);

  const config = node.sandboxConfig('same');
  const { podSandboxId } = await call().runPodSandbox({ config });
  await assert.rejects(
    call().runPodSandbox({ config }),
    failsWith('ALREADY_EXISTS', new RegExp(podSandboxId)),
  );
  await call().removePodSandbox({ podSandboxId });
  await pods.removePod(sandbox);
});

for (const handler of ['crun', 'runc']) {
  test(`what other runtimes run without is ignored, and the log tells, with ${handler}`, async () => {
    const labels = { user: 'system_u', role: 'system_r', type: 'svirt_t', level: 's0:c0,c1' };
    const since = node.lines.length;
    const odd = {
      windows: { securityContext: { runAsUsername: 'ContainerUser' } },
      logDirectory: `${node.dir}/gone/../logs/lenient`,
      metadata: { name: 'lenient', namespace: '', uid: '', attempt: 0 },
      portMappings: [{ hostPort: -1, containerPort: 0 }],
      linux: {
        securityContext: {
          namespaceOptions: { ...isolated, network: NamespaceMode.CONTAINER },
          selinuxOptions: labels,
        },
      },
    };
    const sandbox = await pods.runPod('lenient', odd, handler);
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '634'], {
      metadata: { name: '', attempt: 0 },
      windows: {},
      workingDir: 'work/dir',
      envs: [{ key: 'RAW', value: new Uint8Array([0x61, 0xff]) }],
      mounts: [{ hostPath: `${node.dir}/mounted`, containerPath: 'relative/place', selinuxRelabel: true }],
      devices: [{ hostPath: '/dev/zero', containerPath: '/dev/nought', permissions: 'mr' }],
      linux: {
        resources: {
          unified: { 'memory.high': 'max' },
          cpuQuota: -7n,
          memoryLimitInBytes: 0x7ffffffffffff000n,
          memorySwapLimitInBytes: -1n,
        },
        securityContext: {
          namespaceOptions: { ...isolated, pid: NamespaceMode.POD },
          capabilities: { addCapabilities: ['NO_SUCH', 'NET_ADMIN'] },
          apparmor: { profileType: SecurityProfile_ProfileType.Unconfined },
          maskedPaths: ['proc/timer_list', ''],
          readonlyPaths: ['', '/proc/sys'],
          selinuxOptions: labels,
        },
      },
    });
    const seen = await pods.shell(
      container,
      'readlink /proc/1/cwd; test -d /relative/place; head -c 1 /dev/nought | wc -c; wc -c < /proc/timer_list; echo $RAW',
    );
    assert.deepEqual(seen.split('\n'), ['/work/dir', '1', '0', 'a\ufffd']);
    await call().updateContainerResources({
      containerId: container,
      linux: { cpuShares: 20n },
      windows: {},
      annotations: { 'example.com/option': 'x' },
    });
    const told = node.lines
      .slice(since)
      .filter((line) => line.includes('level=warning'))
      .join('\n');
    for (const field of [
      'config.windows',
      'config.log_directory',
      'config.linux.security_context.namespace_options.network',
      'config.linux.security_context.namespace_options.pid',
      'config.linux.security_context.selinux_options',
      'config.linux.security_context.capabilities.add_capabilities[0]',
      'config.working_dir',
      'config.mounts[0].container_path',
      'config.envs[0].value',
      'annotations[',
    ]) {
      assert.ok(told.includes(field), `${field} in:\n${told}`);
    }
    await pods.removePod(sandbox);
  });
}

test('a caller that gives up leaves nothing, and may ask again by the same name', async () => {
  const shared = {
    linux: { securityContext: { namespaceOptions: { ...isolated, pid: NamespaceMode.POD } } },
  };
  const config = node.sandboxConfig('gone', shared);
  for (const timeoutMs of [1, 5, 15, 30, 60]) {
    await call()
      .runPodSandbox({ config }, { timeoutMs })
      .catch(() => {});
    await until(async () => readdirSync(join(node.dir, 'state/sandboxes')).length === 0 || hasPods());
    const { items } = await call().listPodSandbox({});
    for (const { id } of items) await call().removePodSandbox({ podSandboxId: id });
  }
  const { podSandboxId } = await call().runPodSandbox({ config });
  const container = {
    podSandboxId,
    config: node.containerConfig(['/bin/sleep', '600'], shared),
    sandboxConfig: config,
  };
  for (const timeoutMs of [1, 10, 25]) {
    await call()
      .createContainer(container, { timeoutMs })
      .catch(() => {});
    // One that was made before the news came stays, and its name with it.
    await until(async () => readdirSync(join(node.dir, 'state/containers')).length === 0 || hasContainers());
    const { containers } = await call().listContainers({});
    for (const { id } of containers) await call().removeContainer({ containerId: id });
    await until(async () => readdirSync(join(node.dir, 'state/containers')).length === 0);
  }
  await call().removePodSandbox({ podSandboxId });
  await until(async () => readdirSync(join(node.dir, 'state/exits')).length === 0);
});

async function hasContainers(): Promise<boolean> {
  return (await call().listContainers({})).containers.length > 0;
}

async function hasPods(): Promise<boolean> {
  return (await call().listPodSandbox({})).items.length > 0;
}
