// A manager with a plugin on a real socket.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestDevicePlugin } from '@berth/test-support/device-plugin.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { DeviceMetrics } from '../metrics/device-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { testPod } from '../testing/pod.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { DeviceManager } from './device-manager.ts';
import { DevicePlugins } from './device-plugins.ts';
import { RegistrationServer } from './registration-server.ts';

const resource = 'example.com/dev';
const container = (name: string, count: number) => ({
  name,
  resources: { limits: { [resource]: String(count) } },
});
const podOf = (uid: string, count: number) =>
  testPod({ containers: [container('c', count)] }, { uid, name: uid });

async function setUp() {
  await using resources = new AsyncDisposableStack();
  const { path: rootDir } = resources.use(scratchDir('devices'));
  const directory = join(rootDir, 'device-plugins');
  mkdirSync(directory);
  const path = join(directory, 'kubelet_internal_checkpoint');
  const gone = new Set<string>();
  const registry = new MetricsRegistry();
  const metrics = new DeviceMetrics(registry);
  /** The manager of another kubelet. */
  const manager = (plugins: DevicePlugins) =>
    new DeviceManager({ checkpoint: path, plugins, metrics, isActive: (uid) => !gone.has(uid) });
  const plugins = new DevicePlugins({ onChange: () => {} });
  const plugin = resources.use(
    new TestDevicePlugin(
      { resource, rootDir, answer: (ids) => ({ envs: { IDS: ids.toSorted().join() } }) },
      { a: true, b: true },
    ),
  );
  const first = manager(plugins);
  resources.defer(() => plugins.stop());
  const server = new RegistrationServer(directory, (name, socket) => plugins.connect(name, socket), metrics);
  resources.defer(() => server.stop());
  await server.start();
  await plugin.start();
  await until('the devices are known', () => plugins.counts().get(resource)?.allocatable === 2);
  const owned = resources.move();
  return { manager, first, path, gone, registry, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test('who has which device is read by the next kubelet, and freed when the pod is gone', async () => {
  await using node = await setUp();
  const { first, manager, path, gone } = node;
  assert.equal(first.hadCheckpoint, false);
  await first.allocate(podOf('u', 1));
  await assert.rejects(first.allocate(podOf('v', 2)), /Requested: 2, Available: 1/);
  const plugins = new DevicePlugins({ onChange: () => {} });
  const next = manager(plugins);
  assert.equal(next.hadCheckpoint, true);
  assert.ok(next.isManaged(resource));
  const devices = await next.ofContainer(
    podOf('u', 1),
    testPod({ containers: [container('c', 1)] }).spec.containers[0] ?? assert.fail(),
  );
  assert.equal(devices?.envs.get('IDS'), 'a');
  await assert.rejects(next.allocate(podOf('w', 1)), /no healthy devices present/);
  plugins.stop();
  gone.add('u');
  await first.allocate(podOf('v', 2));
  const { allocations } = parseCheckpoint(readFileSync(path, 'utf8'));
  assert.deepEqual(
    allocations.map(({ pod, allocation }) => [pod, allocation.deviceIds]),
    [['v', { '-1': ['a', 'b'] }]],
  );
});

test('registrations and allocations are counted by resource, those that fail too', async () => {
  await using node = await setUp();
  const { first, registry } = node;
  await first.allocate(podOf('u', 1));
  await first.allocate(podOf('u', 1));
  await assert.rejects(first.allocate(podOf('v', 2)));
  const text = await registry.text();
  const label = `{resource_name="${resource}"}`;
  assert.ok(text.includes(`kubelet_device_plugin_registration_total${label} 1\n`), text);
  assert.ok(text.includes(`kubelet_device_plugin_alloc_duration_seconds_count${label} 1\n`), text);
  assert.match(text, /alloc_duration_seconds_bucket\{resource_name="[^"]+",le="0.005"\}/);
});

test('a damaged checkpoint is ignored', async () => {
  await using node = await setUp();
  const { manager, path } = node;
  writeFileSync(path, '{"Data":');
  const plugins = new DevicePlugins({ onChange: () => {} });
  const next = manager(plugins);
  assert.equal(next.hadCheckpoint, true);
  assert.equal(next.isManaged(resource), false);
});

test('a pod whose allocation cannot be written has none, and a stopped manager writes nothing', async () => {
  await using node = await setUp();
  const { first, path } = node;
  rmSync(path, { force: true });
  mkdirSync(join(path, 'in-the-way'), { recursive: true });
  await assert.rejects(first.allocate(podOf('u', 1)), /failed to write checkpoint file/);
  assert.deepEqual(first.health('u', 'c'), []);
  rmSync(path, { recursive: true });
  first.stop();
  await first.allocate(podOf('u', 1));
  assert.equal(existsSync(path), false);
});
