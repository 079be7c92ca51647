// Drivers on real sockets, as a plugin manager registers them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { DraTestDriver, type DraTestDriverOptions } from '@berth/test-support/dra-driver.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { DraMetrics } from '../metrics/dra-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { DraDrivers } from './drivers.ts';

const name = 'dra.example.com';
const claim = { namespace: 'default', name: 'c', uid: 'c-1' };
const never = new AbortController().signal;

/** A kubelet's drivers, and what is told of them. */
function drivers() {
  using resources = new DisposableStack();
  const { path: rootDir } = resources.use(scratchDir('dra-drivers'));
  const told: string[] = [];
  const registry = new MetricsRegistry();
  const made = new DraDrivers({
    metrics: new DraMetrics(registry, () => new Map()),
    onUsable: (driver, isUsable) => told.push(`${driver} ${isUsable ? 'usable' : 'away'}`),
    onHealth: (_driver, { devices }) => told.push(`health of ${devices.length}`),
    onHealthEnd: () => told.push('no health'),
  });
  resources.defer(() => made.stop());
  const owned = resources.move();
  const driver = (options: Partial<DraTestDriverOptions> = {}): DraTestDriver => {
    const devicesOf = async () => [{ poolName: 'p', deviceName: 'd', requestNames: [] }];
    const created = new DraTestDriver({ name, rootDir, devicesOf, ...options });
    owned.defer(() => created.stop());
    return created;
  };
  const socket = (file = name): string => join(rootDir, 'plugins_registry', `${file}.sock`);
  const register = (endpoint = socket(), supportedVersions: string[] = ['v1.DRAPlugin']) =>
    made.register({ name, endpoint, supportedVersions });
  return { made, told, registry, driver, socket, register, [Symbol.dispose]: () => owned.dispose() };
}

test('a driver is called on its socket, and its calls are counted', async () => {
  using parts = drivers();
  assert.throws(() => parts.made.find(name), { message: `DRA driver ${name} is not registered` });
  assert.throws(() => parts.made.find(''), { message: 'DRA driver name is empty' });
  const driver = parts.driver();
  await driver.start();
  await parts.register(undefined, ['v1beta1.DRAPlugin']);
  const { claims } = await parts.made.find(name).prepare([claim], never);
  assert.deepEqual(
    claims['c-1']?.devices.map(({ deviceName }) => deviceName),
    ['d'],
  );
  await parts.made.find(name).unprepare([claim]);
  assert.deepEqual(driver.methodsOf('c'), ['NodePrepareResources', 'NodeUnprepareResources']);
  await assert.rejects(parts.register(), {
    message: `endpoint ${parts.socket()} already registered for DRA driver plugin ${name}`,
  });
  driver.stop();
  await assert.rejects(parts.made.find(name).prepare([claim], never));
  const text = await parts.registry.text();
  const method = '/k8s.io.kubelet.pkg.apis.dra.v1beta1.DRAPlugin/NodePrepareResources';
  for (const code of ['OK', 'Unavailable']) {
    const labels = `driver_name="${name}",grpc_status_code="${code}",method_name="${method}"`;
    assert.ok(text.includes(`dra_grpc_operations_duration_seconds_count{${labels}} 1`), text);
  }
});

test('the connection is kept: a driver is away when it ends, and back when it listens again', async () => {
  using parts = drivers();
  const driver = parts.driver();
  await parts.register();
  assert.deepEqual(parts.told, [`${name} away`]);
  const states = (): string[] => parts.told.filter((each, index) => each !== parts.told[index - 1]);
  await driver.start();
  await until('it is there', () => states().length === 2, states);
  driver.stop();
  await until('it is away', () => states().length === 3, states);
  await driver.start();
  await until('it is back', () => states().length === 4, states);
  assert.deepEqual(states(), [`${name} away`, `${name} usable`, `${name} away`, `${name} usable`]);
  await parts.made.deregister({ name, endpoint: parts.socket(), supportedVersions: [] });
  assert.equal(parts.told.at(-1), `${name} away`);
  const { length } = parts.told;
  await parts.made.deregister({ name, endpoint: parts.socket(), supportedVersions: [] });
  assert.equal(parts.told.length, length);
});

test('of two plugins the newer is called, and the other one while it is away', async () => {
  using parts = drivers();
  const [older, newer] = [parts.driver(), parts.driver({ instance: 'new' })];
  await older.start();
  await parts.register();
  await until('the older is there', () => parts.told.includes(`${name} usable`));
  await parts.register(parts.socket(`${name}-new`));
  const called = (): string => parts.made.find(name).endpoint;
  assert.equal(called(), parts.socket(), 'the newer does not listen yet');
  await newer.start();
  await until('the newer is called', () => called() === parts.socket(`${name}-new`));
  newer.stop();
  await until('the older is called', () => called() === parts.socket());
  assert.equal(parts.told.at(-1), `${name} usable`);
  older.stop();
  await until('none is there', () => parts.told.at(-1) === `${name} away`);
  assert.equal(called(), parts.socket(`${name}-new`));
});

test('the health of devices is followed, until the driver says that it knows none', async () => {
  using parts = drivers();
  const driver = parts.driver();
  await driver.start();
  await parts.register(undefined, ['v1.DRAPlugin', 'v1.DRAResourceHealth']);
  await until('health is told', () => parts.told.includes('health of 0'));
  driver.setHealth({ 'p/d': { health: 1 } });
  await until('it changes', () => parts.told.includes('health of 1'));
  driver.stop();
  await until('nobody tells it', () => parts.told.includes('no health'));
  // The test's driver does not serve this version.
  using others = drivers();
  const silent = others.driver();
  await silent.start();
  await others.register(undefined, ['v1.DRAPlugin', 'v1alpha1.DRAResourceHealth']);
  await until('it stops to ask', () => others.told.includes('no health'));
});
