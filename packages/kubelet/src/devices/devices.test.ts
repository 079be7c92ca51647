// The devices of a kubelet, with plugins on real sockets.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addService } from '@berth/cri/server/server.ts';
import { TestDevicePlugin } from '@berth/test-support/device-plugin.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { RegistrationDefinition } from '../generated/plugin-registration.ts';
import { DeviceMetrics } from '../metrics/device-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { PluginManager } from '../plugin-watcher/plugin-manager.ts';
import { Devices } from './devices.ts';

const resource = 'example.com/dev';

function devicesIn(rootDir: string): Devices {
  return new Devices({
    withoutClaimed: (pod) => pod,
    rootDir,
    isActive: () => true,
    isOver: () => false,
    onDecided: () => {},
    onChange: () => {},
    metrics: new DeviceMetrics(new MetricsRegistry()),
  });
}

test('devices that are stopped while they start take no registrations', async () => {
  using scratch = scratchDir('devices');
  const socketOf = (name: string) => join(scratch.path, name, 'device-plugins', 'kubelet.sock');
  const [stopped, never, other] = ['stopped', 'never', 'other'].map((name) =>
    devicesIn(join(scratch.path, name)),
  );
  assert.ok(stopped && never && other);
  stopped.start();
  stopped.stop();
  never.stop();
  never.start();
  other.start();
  await until('the other one, which started later, listens', () => existsSync(socketOf('other')));
  assert.equal(existsSync(socketOf('stopped')), false);
  assert.equal(existsSync(socketOf('never')), false);
  other.stop();
  assert.equal(existsSync(socketOf('other')), false);
});

test('devices on which nothing can listen are told as unhealthy', async () => {
  using scratch = scratchDir('devices');
  writeFileSync(join(scratch.path, 'device-plugins'), 'in the way');
  const devices = devicesIn(scratch.path);
  assert.equal(devices.problem(), undefined);
  devices.start();
  const problem = await until('it is told', () => devices.problem());
  assert.match(problem, /^device registration error: device plugin registration gRPC server failed .*EEXIST/);
  devices.stop();
});

test('a plugin below plugins_registry is used, and gone with its socket', async () => {
  using scratch = scratchDir('devices');
  const rootDir = scratch.path;
  for (const name of ['device-plugins', 'plugins_registry']) mkdirSync(join(rootDir, name));
  const devices = devicesIn(rootDir);
  const plugins = new PluginManager(rootDir, { DevicePlugin: devices.handler }, { countPlugins: () => {} });
  devices.start();
  plugins.start();
  await until('it listens', () => existsSync(join(rootDir, 'device-plugins', 'kubelet.sock')));
  await using plugin = new TestDevicePlugin({ resource, rootDir, answer: () => ({}) }, { a: true });
  await plugin.listen();
  const told: string[] = [];
  const registration = new Server();
  addService(
    registration,
    RegistrationDefinition,
    {
      getInfo: async () => ({
        type: 'DevicePlugin',
        name: resource,
        endpoint: plugin.socket,
        supportedVersions: ['v1beta1'],
      }),
      notifyRegistrationStatus: async ({ error }: { error: string }) => {
        told.push(error);
        return {};
      },
    },
    {},
  );
  await new Promise<void>((resolve, reject) => {
    const address = `unix:${join(rootDir, 'plugins_registry', 'dev.sock')}`;
    registration.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  await until('its device is known', () => devices.counts().get(resource)?.allocatable === 1);
  await until('it is told', () => told.length > 0);
  assert.deepEqual(told, ['']);
  registration.forceShutdown();
  await until('it is gone', () => devices.counts().get(resource)?.allocatable === 0);
  plugins.stop();
  devices.stop();
});
