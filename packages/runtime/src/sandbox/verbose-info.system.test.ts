// What scripts read with jq in `crictl inspectp` and `crictl inspect`, by the names that containerd has for it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { isolated, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-info');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const call = () => node.client.runtime;
const podInfo = async (podSandboxId: string) => {
  const { info } = await call().podSandboxStatus({ podSandboxId, verbose: true });
  return JSON.parse(info.info ?? '');
};
/** `.info.runtimeSpec.linux.namespaces[] | select(.type=="…").path` */
const namespacePath = (
  info: { runtimeSpec: { linux: { namespaces: { type: string; path?: string }[] } } },
  type: string,
) => info.runtimeSpec.linux.namespaces.find((namespace) => namespace.type === type)?.path;

test('a pod without a process tells of its namespaces, its network and its config', async () => {
  const pod = await pods.runPod('info', { labels: { camelCase: 'x' }, annotations: { a: 'b' } });
  const { status } = await call().podSandboxStatus({ podSandboxId: pod });
  const info = await podInfo(pod);
  const netns = `${node.config.state}/sandboxes/${pod}/ns/net`;
  assert.equal(namespacePath(info, 'network'), netns);
  for (const type of ['ipc', 'uts'])
    assert.match(namespacePath(info, type) ?? '', /\/sandboxes\/[0-9a-f]{64}\/ns\//);
  assert.deepEqual(info.runtimeSpec.linux.namespaces.map(({ type }: { type: string }) => type).sort(), [
    'ipc',
    'mount',
    'network',
    'pid',
    'uts',
  ]);
  assert.equal(info.runtimeSpec.annotations['io.kubernetes.cri.sandbox-id'], pod);
  const eth0 = info.cniResult.Interfaces.eth0;
  assert.equal(eth0.IPConfigs[0].IP, status?.network?.ip);
  assert.equal(eth0.IPConfigs[0].Gateway, node.network.gateway);
  assert.match(eth0.Mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  assert.equal(eth0.Sandbox, netns);
  assert.deepEqual(info.cniResult.DNS, [{}]);
  assert.deepEqual(info.cniResult.Routes, [{ dst: '0.0.0.0/0' }]);
  assert.equal(info.config.metadata.name, 'info');
  assert.deepEqual(info.config.labels, { camelCase: 'x' });
  assert.match(info.config.log_directory, /info/);
  assert.equal(info.config.linux.security_context.namespace_options.pid, NamespaceMode.CONTAINER);
  assert.deepEqual([info.pid, info.processStatus, info.netNamespaceClosed], [0, 'running', false]);
  assert.equal(info.sandboxMetadata.Metadata.NetNSPath, netns);
  assert.equal(info.sandboxMetadata.Metadata.IP, status?.network?.ip);
  assert.equal(info.warnings, undefined);

  await call().stopPodSandbox({ podSandboxId: pod });
  const stopped = await podInfo(pod);
  assert.deepEqual([stopped.processStatus, stopped.netNamespaceClosed], ['deleted', true]);
  assert.equal(namespacePath(stopped, 'network'), netns);
  await pods.removePod(pod);
});

test("pods with a process and on the host's network", async () => {
  const shared = {
    linux: { securityContext: { namespaceOptions: { ...isolated, pid: NamespaceMode.POD } } },
  };
  const pod = await pods.runPod('with-init', shared);
  const info = await podInfo(pod);
  assert.ok(info.pid > 0);
  assert.deepEqual(info.runtimeSpec.process.args, ['/catatonit', '-P']);
  assert.match(namespacePath(info, 'network') ?? '', /\/ns\/net$/);
  await pods.removePod(pod);

  const host = { network: NamespaceMode.NODE, pid: NamespaceMode.NODE, ipc: NamespaceMode.NODE };
  const onHost = await pods.runPod('host', { linux: { securityContext: { namespaceOptions: host } } });
  const { cniResult, netNamespaceClosed, runtimeSpec } = await podInfo(onHost);
  assert.deepEqual([cniResult, netNamespaceClosed], [null, false]);
  assert.deepEqual(runtimeSpec.linux.namespaces, [{ type: 'mount' }]);
  await pods.removePod(onHost);
});

test("a container's info has the members of containerd's", async () => {
  const pod = await pods.runPod('container-info');
  const container = await pods.startContainer(pod, ['/bin/sleep', '600'], {
    envs: [{ key: 'A', value: Buffer.from('b') }],
  });
  const { info } = await call().containerStatus({ containerId: container, verbose: true });
  const { pid, runtimeSpec, config, runtimeType, runtimeOptions, ...rest } = JSON.parse(info.info ?? '');
  assert.ok(pid > 0);
  assert.deepEqual(rest, {
    sandboxID: pod,
    removing: false,
    snapshotKey: container,
    snapshotter: 'overlayfs',
    privileged: false,
  });
  assert.equal(runtimeType, 'crun');
  assert.deepEqual(
    [runtimeOptions.binary_name, runtimeOptions.root],
    ['/usr/bin/crun', `${node.config.state}/oci-crun`],
  );
  assert.deepEqual(runtimeSpec.process.args, ['/bin/sleep', '600']);
  assert.match(namespacePath({ runtimeSpec }, 'network') ?? '', new RegExp(`/sandboxes/${pod}/ns/net$`));
  assert.deepEqual(config.envs, [{ key: 'A', value: 'b' }]);
  assert.deepEqual([config.metadata, config.log_path], [{ name: 'main' }, 'main/0.log']);
  await pods.removePod(pod);
});
