// The PodResources API: monitoring is told which pods have which devices, with the real kubelet and with ours.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectService } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { addService } from '@berth/cri/server/server.ts';
import { RegistrationDefinition } from '@berth/kubelet/generated/plugin-registration.ts';
import { PodResourcesListerDefinition } from '@berth/kubelet/generated/pod-resources.ts';
import { PodResourcesListerDefinition as ListerV1alpha1Definition } from '@berth/kubelet/generated/pod-resources-v1alpha1.ts';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { TestDevicePlugin } from '@berth/test-support/device-plugin.ts';
import { until } from '@berth/test-support/until.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { DraNode } from './dra-parts.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady, podIsReady } from './objects.ts';
import { forever, podOn } from './pod-objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const resource = 'example.com/dev';

/** Tells the kubelet of the plugin by plugins_registry, which both kubelets have below their root directories. */
async function announce(rootDir: string, plugin: TestDevicePlugin): Promise<Disposable> {
  const server = new Server();
  const info = {
    type: 'DevicePlugin',
    name: resource,
    endpoint: plugin.socket,
    supportedVersions: ['v1beta1'],
  };
  addService(
    server,
    RegistrationDefinition,
    { getInfo: async () => info, notifyRegistrationStatus: async () => ({}) },
    {},
  );
  const socket = join(rootDir, 'plugins_registry', 'dev.sock');
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return {
    [Symbol.dispose]: () => {
      server.forceShutdown();
      rmSync(socket, { force: true });
    },
  };
}

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: tells which pod has which device, and what can be allocated`, async () => {
    const name = `${kubelet}-pr`;
    await using node = await startNode({ cluster, name, kubelet });
    await nodeIsReady(cluster, name);
    const { rootDir } = node;
    mkdirSync(join(rootDir, 'device-plugins'), { recursive: true });
    await using plugin = new TestDevicePlugin(
      { resource, rootDir, preferred: ['b'], answer: () => ({}) },
      { a: true, b: true, c: false },
    );
    await plugin.listen();
    using _announced = await announce(rootDir, plugin);
    await until('the node has the devices', async () => {
      const found = await admin.find<{ status: { allocatable: Record<string, string> } }>(
        `/api/v1/nodes/${name}`,
      );
      return found?.status.allocatable[resource] === '2';
    });
    const [one, none] = [`${name}-one`, `${name}-none`];
    const limits = { resources: { limits: { [resource]: '1' } } };
    const main = { name: 'main' };
    await kubectl.apply(
      podOn(name, one, forever, { terminationGracePeriodSeconds: 1 }, { ...main, ...limits }),
      podOn(name, none, forever, { terminationGracePeriodSeconds: 1 }),
    );
    await podIsReady(cluster, one);
    await podIsReady(cluster, none);

    const socket = join(rootDir, 'pod-resources', 'kubelet.sock');
    const v1 = connectService(socket, PodResourcesListerDefinition, { timeoutMs: 10_000 });
    const v1alpha1 = connectService(socket, ListerV1alpha1Definition, { timeoutMs: 10_000 });
    using clients = new DisposableStack();
    for (const { close } of [v1, v1alpha1]) clients.defer(close);
    const device = { resourceName: resource, deviceIds: ['b'], topology: undefined };
    const container = { name: 'main', devices: [device], cpuIds: [], memory: [], dynamicResources: [] };
    const told = { name: one, namespace: 'default', containers: [container], cpuIds: [], memory: [] };
    const { podResources } = await v1.service.list({});
    assert.deepEqual(
      podResources.toSorted((a, b) => (a.name < b.name ? 1 : -1)),
      [told, { ...told, name: none, containers: [{ ...container, devices: [] }] }],
    );
    const get = (podName: string) => v1.service.get({ podName, podNamespace: 'default' });
    assert.deepEqual(await get(one), { podResources: told });
    await assert.rejects(get('no-such-pod'), (error) => {
      assert.ok(error instanceof CriError);
      assert.equal(error.code, 'UNKNOWN');
      assert.equal(error.message, 'pod no-such-pod in namespace default not found');
      return true;
    });
    const { devices, cpuIds, memory } = await v1.service.getAllocatableResources({});
    assert.deepEqual(
      devices.toSorted((a, b) => String(a.deviceIds).localeCompare(String(b.deviceIds))),
      [{ ...device, deviceIds: ['a'] }, device],
    );
    assert.deepEqual([cpuIds, memory], [[], []]);
    const alpha = await v1alpha1.service.list({});
    assert.deepEqual(
      alpha.podResources.find((pod) => pod.name === one),
      {
        name: one,
        namespace: 'default',
        containers: [{ name: 'main', devices: [{ resourceName: resource, deviceIds: ['b'] }] }],
      },
    );
    const burst = await Promise.allSettled(Array.from({ length: 300 }, () => v1.service.list({})));
    const refused = burst.find((each) => each.status === 'rejected');
    assert.ok(refused && 'reason' in refused && refused.reason instanceof CriError);
    assert.deepEqual(
      [refused.reason.code, refused.reason.message],
      ['RESOURCE_EXHAUSTED', 'rejected by rate limit'],
    );

    const metrics = await admin.text(`/api/v1/nodes/${name}/proxy/metrics`);
    for (const series of [
      'kubelet_pod_resources_endpoint_requests_total{server_api_version="v1alpha1"} 1',
      'kubelet_pod_resources_endpoint_requests_get{server_api_version="v1"} 2',
      'kubelet_pod_resources_endpoint_errors_get{server_api_version="v1"} 1',
      'kubelet_pod_resources_endpoint_requests_get_allocatable{server_api_version="v1"} 1',
      `kubelet_device_plugin_alloc_duration_seconds_count{resource_name="${resource}"} 1`,
    ])
      assert.ok(metrics.includes(`${series}\n`), series);
    const health = await admin.text(`/api/v1/nodes/${name}/proxy/healthz?verbose`);
    assert.match(health, /^\[\+\]device-plugin ok$/m);
    await kubectl.run(['delete', 'pod', one, none, '--wait=false']);
    await until(
      'no pod is left',
      async () => (await v1.service.list({})).podResources.length === 0,
      undefined,
      60_000,
    );
    assert.ok(existsSync(socket));
  });

  const dra = new DraNode(cluster, kubelet);

  test(`${kubelet} kubelet: tells which container has which devices of claims`, async () => {
    const { node } = await dra.parts();
    await using driver = dra.driverOf(node, {
      devicesOf: async ({ name }) =>
        (await dra.devicesOf(name)).map((device) =>
          device.requestNames.includes('b') ? { ...device, shareId: 'share-1' } : device,
        ),
    });
    await driver.start();
    await until('the driver is registered', () => driver.registrations.length > 0);
    await dra.publish();
    await kubectl.apply(dra.template(dra.of('two'), ['a', 'b']));
    const [pod, extended] = [dra.of('claims'), dra.of('extended')];
    const resourceClaims = [{ name: 'c', resourceClaimTemplateName: dra.of('two') }];
    const made = dra.pod(pod, { resourceClaims });
    const spec = Reflect.get(made, 'spec');
    const [main] = spec.containers;
    spec.containers = [
      main,
      { ...main, name: 'one', resources: { claims: [{ name: 'c', request: 'a' }] } },
      { ...main, name: 'none', resources: {} },
    ];
    await kubectl.apply(made, dra.pod(extended, {}, { resources: { limits: { [dra.resource]: '1' } } }));
    await podIsReady(cluster, pod);
    await podIsReady(cluster, extended);

    const socket = join(node.rootDir, 'pod-resources', 'kubelet.sock');
    const { service, close } = connectService(socket, PodResourcesListerDefinition, { timeoutMs: 10_000 });
    using _client = { [Symbol.dispose]: close };
    const { podResources } = await service.list({});
    const toldOf = (name: string) =>
      new Map(
        podResources
          .find((each) => each.name === name)
          ?.containers.map((each) => [each.name, each.dynamicResources]),
      );
    const claims = await admin.get<{ items: { metadata: { name: string; uid: string } }[] }>(
      '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims',
    );
    /** What is to be told of the claim that was made for a pod, a device for each request. */
    const expected = async (owner: string) => {
      const { name = '', uid } =
        claims.items.find((each) => each.metadata.name.startsWith(owner))?.metadata ?? {};
      const devices = await dra.devicesOf(name);
      const cdi = devices.map(({ deviceName }) => ({
        name: `test.berth.dev/device-${uid}=${uid}-${deviceName}`,
      }));
      const claimResources = devices.map(({ poolName, deviceName, requestNames }, index) => ({
        driverName: dra.driverName,
        poolName,
        deviceName,
        shareId: requestNames.includes('b') ? 'share-1' : undefined,
        // Also those of the devices before it.
        cdiDevices: cdi.slice(0, index + 1),
      }));
      return [{ claimName: name, claimNamespace: 'default', claimResources }];
    };
    const both = await expected(pod);
    assert.equal(both[0]?.claimResources.length, 2);
    assert.deepEqual(
      [...toldOf(pod)],
      [
        ['main', both],
        // Those of the other request, too.
        ['one', both],
        ['none', []],
      ],
    );
    const one = await expected(extended);
    assert.equal(one[0]?.claimResources.length, 1);
    assert.deepEqual([...toldOf(extended)], [['main', one]]);
    const got = await service.get({ podName: pod, podNamespace: 'default' });
    assert.deepEqual(
      got.podResources,
      podResources.find((each) => each.name === pod),
    );
    await dra.remove(pod, extended);
    assert.deepEqual(await dra.recorded(), []);
  });
}
