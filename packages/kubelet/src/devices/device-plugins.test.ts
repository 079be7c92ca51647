// Plugins on real sockets.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestDevicePlugin } from '@berth/test-support/device-plugin.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { DevicePlugins } from './device-plugins.ts';
import { RegistrationServer } from './registration-server.ts';

const resource = 'example.com/dev';

/** The plugins of a node, with a server that takes registrations. */
async function setUp(graceMs?: number) {
  await using resources = new AsyncDisposableStack();
  const { path: rootDir } = resources.use(scratchDir('devices'));
  const directory = join(rootDir, 'device-plugins');
  mkdirSync(directory);
  const changed: string[] = [];
  const plugins = new DevicePlugins({
    onChange: (name) => changed.push(name),
    ...(graceMs !== undefined && { graceMs }),
  });
  resources.defer(() => plugins.stop());
  const server = new RegistrationServer(directory, (name, socket) => plugins.connect(name, socket), {
    registered: () => {},
  });
  resources.defer(() => server.stop());
  await server.start();
  const plugin = resources.use(
    new TestDevicePlugin(
      { resource, rootDir, answer: () => ({ envs: { A: 'x'.repeat(300_000) } }) },
      { a: true },
    ),
  );
  const owned = resources.move();
  return { plugins, plugin, changed, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test('a resource stays without healthy devices while its plugin is gone, and goes after its time', async () => {
  await using node = await setUp(300);
  const { plugins, plugin } = node;
  await plugin.start();
  await until('the device is known', () => plugins.counts().get(resource)?.allocatable === 1);
  plugin.stop();
  await until('it is not healthy', () => plugins.counts().get(resource)?.allocatable === 0);
  assert.equal(plugins.counts().get(resource)?.capacity, 1);
  assert.throws(() => plugins.endpoint(resource), /has been stopped/);
  await until('the resource has gone', () => !plugins.has(resource));
  assert.deepEqual(plugins.counts().get(resource), { capacity: 0, allocatable: 0 });
  assert.throws(() => plugins.endpoint(resource), /unknown Device Plugin/);
  await plugin.start();
  await until('it is there again', () => plugins.counts().get(resource)?.allocatable === 1);
});

test('a resource of an earlier kubelet waits for its plugin, and goes without it', async () => {
  await using node = await setUp(50);
  const { plugins, changed } = node;
  plugins.expect([resource]);
  assert.deepEqual(plugins.counts().get(resource), { capacity: 0, allocatable: 0 });
  plugins.start();
  await until('the resource has gone', () => !plugins.has(resource));
  assert.deepEqual(changed, [resource]);
});

test('an answer that is too large is no allocation', async () => {
  await using node = await setUp();
  const { plugins, plugin } = node;
  await plugin.start();
  await assert.rejects(plugins.endpoint(resource).allocate(['a']), /more than 262144 bytes/);
});

test('no plugin is used after a stop', async () => {
  await using node = await setUp();
  const { plugins, plugin, changed } = node;
  await plugin.start();
  await until('the device is known', () => changed.length === 1);
  plugins.stop();
  await assert.rejects(plugin.register());
  await new Promise(setImmediate);
  assert.equal(changed.length, 1);
});
