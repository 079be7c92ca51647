// A plugin that serves on a real socket, and pods of berthd that get its devices.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectService } from '@berth/cri/client/client.ts';
import { TestDevicePlugin } from '@berth/test-support/device-plugin.ts';
import { until } from '@berth/test-support/until.ts';
import { PodResourcesListerDefinition } from '../generated/pod-resources.ts';
import { PodResourcesListerDefinition as ListerV1alpha1Definition } from '../generated/pod-resources-v1alpha1.ts';
import type { Kubelet } from '../kubelet.ts';
import { servePodResources } from '../podresources/pod-resources-server.ts';
import {
  forever,
  shellPod,
  startTestNode,
  type TestNode,
  untilRunning,
  untilStatus,
} from '../testing/node.ts';

const resource = 'example.com/dev';

/** A plugin whose devices are /dev/full, called /dev/thing in containers. */
function plugin({ options }: TestNode): TestDevicePlugin {
  return new TestDevicePlugin(
    {
      resource,
      rootDir: options.rootDir,
      preStart: true,
      preferred: ['b'],
      answer: (ids) => ({
        envs: { THINGS: ids.join() },
        devices: [{ hostPath: '/dev/full', containerPath: '/dev/thing', permissions: 'rw' }],
        mounts: [{ hostPath: '/usr', containerPath: '/things', readOnly: true }],
        annotations: { 'example.com/things': ids.join() },
      }),
    },
    { a: true, b: true },
  );
}

const limits = (count: number) => ({ resources: { limits: { [resource]: String(count) } } });

/** Starts the plugin when the kubelet takes registrations. */
async function registered(node: TestNode, kubelet: Kubelet): Promise<TestDevicePlugin> {
  const started = plugin(node);
  const socket = join(node.options.rootDir, 'device-plugins', 'kubelet.sock');
  await until('the kubelet takes registrations', () => existsSync(socket));
  await started.start();
  await until('its devices are known', () => kubelet.devices.counts().get(resource)?.allocatable === 2);
  return started;
}

/** The PodResources API of a kubelet, with a client of each version. */
async function podResourcesOf(kubelet: Kubelet, rootDir: string) {
  const socket = join(rootDir, 'pod-resources', 'kubelet.sock');
  const server = await servePodResources({
    rootDir,
    activePods: () => kubelet.activePods(),
    allPods: () => kubelet.desiredPods(),
    devices: kubelet.devices,
    claims: (pod, container) => kubelet.claims.ofContainer(pod, container),
    metrics: kubelet.observation.kubelet.podResources,
  });
  const v1 = connectService(socket, PodResourcesListerDefinition, { timeoutMs: 10_000 });
  const v1alpha1 = connectService(socket, ListerV1alpha1Definition, { timeoutMs: 10_000 });
  return {
    v1: v1.service,
    v1alpha1: v1alpha1.service,
    [Symbol.asyncDispose]: async () => {
      for (const each of [v1, v1alpha1, server]) each.close();
    },
  };
}

test('a pod gets a device, another one beyond what is there is rejected, and a restart changes neither', async () => {
  await using node = await startTestNode('berthd');
  const first = node.kubelet();
  first.setPods([]);
  await using earlier = await registered(node, first);
  const script = `test -c /dev/thing && test -d /things && test "$THINGS" = b && ${forever}`;
  const one = shellPod('one', script, {}, limits(1));
  const many = shellPod('many', forever, {}, limits(2));
  first.setPods([one]);
  const before = await untilRunning(first, one);
  first.setPods([one, many]);
  const { reason, message } = await untilStatus(
    first,
    many,
    'is rejected',
    ({ phase }) => phase === 'Failed',
  );
  assert.equal(reason, 'UnexpectedAdmissionError');
  assert.equal(
    message,
    `Pod was rejected: Allocate failed due to requested number of devices unavailable for ${resource}. Requested: 2, Available: 1, which is unexpected`,
  );
  const calls = ['GetPreferredAllocation', 'Allocate b', 'PreStartContainer b'];
  assert.deepEqual(earlier.calls.slice(2), calls);
  const containers = await node.cri.runtime.listContainers({});
  assert.equal(containers.containers[0]?.annotations['example.com/things'], 'b');
  await first.stop();
  earlier.stop();

  const second = node.kubelet();
  second.setPods([one]);
  const after = await untilRunning(second, one);
  assert.equal(after.containerStatuses?.[0]?.containerID, before.containerStatuses?.[0]?.containerID);
  await using later = await registered(node, second);
  second.setPods([one, many]);
  await untilStatus(second, many, 'is rejected again', ({ phase }) => phase === 'Failed');
  // The device of a pod that has gone is free, and the pod that was rejected gets it.
  second.setPods([many]);
  await untilStatus(second, many, 'runs', ({ phase }) => phase === 'Running');
  assert.deepEqual(later.calls.slice(2), ['GetPreferredAllocation', 'Allocate a,b', 'PreStartContainer a,b']);

  later.set({ a: true, b: false });
  await until('one is not healthy', () => second.devices.counts().get(resource)?.allocatable === 1);
  const statuses = await untilStatus(second, many, 'shows that', ({ containerStatuses }) => {
    const [allocated] = containerStatuses?.[0]?.allocatedResourcesStatus ?? [];
    return allocated?.resources.some(({ health }) => health === 'Unhealthy') ?? false;
  });
  const allocated = statuses.containerStatuses?.[0]?.allocatedResourcesStatus;
  assert.deepEqual(
    allocated?.map(({ name, resources }) => [name, resources.map(({ health }) => health).toSorted()]),
    [[resource, ['Healthy', 'Unhealthy']]],
  );
  later.stop();
  await until('none is healthy', () => second.devices.counts().get(resource)?.allocatable === 0);
  assert.equal(second.devices.counts().get(resource)?.capacity, 2);
  await untilStatus(second, many, 'goes on', ({ phase }) => phase === 'Running');
});

test('a device is free when the containers of its pod have ended, and init containers pass theirs on', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet();
  kubelet.setPods([]);
  await using started = await registered(node, kubelet);
  const [wait] = shellPod('init', 'test -c /dev/thing', {}, { name: 'init', ...limits(2) }).spec.containers;
  assert.ok(wait);
  const script = 'test -c /dev/thing && until test -e /tmp/end; do sleep 0.1; done';
  const spec = { restartPolicy: 'Never' as const, initContainers: [wait] };
  const job = shellPod('job', script, spec, limits(1));
  const next = shellPod('next', forever, {}, limits(2));
  kubelet.setPods([job]);
  await untilRunning(kubelet, job);
  kubelet.setPods([job, next]);
  await untilStatus(kubelet, next, 'is rejected', ({ phase }) => phase === 'Failed');
  const { containers } = await node.cri.runtime.listContainers({
    filter: { labelSelector: { 'io.kubernetes.container.name': 'main' } },
  });
  const [main] = containers;
  assert.ok(main);
  await node.cri.runtime.execSync({ containerId: main.id, cmd: ['touch', '/tmp/end'] });
  await untilStatus(kubelet, job, 'has finished', ({ phase }) => phase === 'Succeeded');
  await untilStatus(kubelet, next, 'runs', ({ phase }) => phase === 'Running');
  const allocated = started.calls.filter((call) => call.startsWith('Allocate'));
  assert.deepEqual([allocated[0], allocated.length, allocated[2]], ['Allocate a,b', 3, 'Allocate a,b']);
});

test('the PodResources API tells which pods have which devices, until they have ended', async () => {
  await using node = await startTestNode('berthd');
  const { rootDir } = node.options;
  const kubelet = node.kubelet();
  kubelet.setPods([]);
  await using server = await podResourcesOf(kubelet, rootDir);
  await using _started = await registered(node, kubelet);
  const one = shellPod('one', forever, {}, limits(1));
  const many = shellPod('many', forever, {}, limits(2));
  const done = shellPod('done', 'exit 0', { restartPolicy: 'Never' });
  kubelet.setPods([one]);
  await untilRunning(kubelet, one);
  kubelet.setPods([one, many, done]);
  await untilStatus(kubelet, many, 'is rejected', ({ phase }) => phase === 'Failed');
  await untilStatus(kubelet, done, 'has finished', ({ phase }) => phase === 'Succeeded');
  // One that has finished is there until its worker has cleared it away.
  const podResources = await until('only one is active', async () => {
    const listed = (await server.v1.list({})).podResources;
    return listed.length === 1 && listed;
  });
  const devices = [{ resourceName: resource, deviceIds: ['b'], topology: undefined }];
  assert.deepEqual(
    podResources.map(({ name, containers }) => [name, containers.map((each) => [each.name, each.devices])]),
    [['one', [['main', devices]]]],
  );
  const allocatable = await server.v1.getAllocatableResources({});
  assert.deepEqual(allocatable.devices.map(({ deviceIds }) => deviceIds.join()).sort(), ['a', 'b']);
  const { podResources: all } = await server.v1alpha1.list({});
  assert.deepEqual(all.map(({ name }) => name).sort(), ['done', 'many', 'one']);
});

test('a plugin is refused by its version, its resource, its socket and its failure', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet();
  kubelet.setPods([]);
  await using refused = await registered(node, kubelet);
  await assert.rejects(refused.register({ version: 'v1' }), /requested API version "v1" is not supported/);
  await assert.rejects(refused.register({ resourceName: 'dev' }), /the ResourceName "dev" is invalid/);
  await assert.rejects(refused.register({ endpoint: '../x.sock' }), /the endpoint "..\/x.sock" is invalid/);
  await assert.rejects(refused.register(), /device plugin already connected/);
  refused.stop();
  await using failing = new TestDevicePlugin(
    {
      resource: 'example.com/other',
      rootDir: node.options.rootDir,
      answer: () => ({}),
      optionsError: 'no options',
    },
    { a: true },
  );
  await assert.rejects(failing.start(), /failed to get device plugin options: .* no options/);
  assert.deepEqual(failing.calls, ['GetDevicePluginOptions']);
  assert.equal(kubelet.devices.counts().has('example.com/other'), false);
});
