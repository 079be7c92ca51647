// The claims of a kubelet whose driver is on a real socket.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DraTestDriver } from '@berth/test-support/dra-driver.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { testPod } from '../testing/pod.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { DynamicResources } from './dynamic-resources.ts';

const name = 'dra.example.com';
const never = new AbortController().signal;
const pod = testPod({
  containers: [{ name: 'main', resources: { claims: [{ name: 'c' }] } }],
  resourceClaims: [{ name: 'c', resourceClaimName: 'gpu' }],
});
const { containers } = pod.spec;
const [main] = containers;
assert.ok(main);
const container = main;

/** A root directory with a driver, in which kubelets come and go. */
async function node() {
  await using resources = new AsyncDisposableStack();
  const { path: rootDir } = resources.use(scratchDir('dynamic-resources'));
  const api = new FakeApi();
  const status = {
    allocation: { devices: { results: [{ driver: name }] } },
    reservedFor: [{ uid: 'u' }],
  };
  api.set('resourceclaims', 'gpu', Object.assign({ metadata: { namespace: 'default' } }, { status }));
  const driver = resources.use(
    new DraTestDriver({
      name,
      rootDir,
      devicesOf: async () => [{ poolName: 'p', deviceName: 'd', requestNames: [] }],
    }),
  );
  const endpoint = join(rootDir, 'plugins_registry', `${name}.sock`);
  const supportedVersions = ['v1.DRAPlugin', 'v1.DRAResourceHealth'];
  const known = new Set(['u']);
  const kubelet = ({ isStandalone = false } = {}) => {
    const told: string[] = [];
    const registry = new MetricsRegistry();
    const claims = new DynamicResources({
      client: isStandalone ? undefined : api.client,
      nodeName: 'n',
      nodeSeen: async () => {},
      rootDir,
      registry,
      status: () => undefined,
      isKnown: (uid) => known.has(uid),
      onPods: (uids) => told.push(...[...uids].map((uid) => `wake ${uid}`)),
      onReleased: (uid) => told.push(`released ${uid}`),
    });
    owned.defer(() => claims.stop());
    const register = () => claims.handler.register({ name, endpoint, supportedVersions }, never);
    return { claims, told, registry, register };
  };
  const owned = resources.move();
  return { rootDir, driver, known, kubelet, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test('a pod that waits for its driver is woken when that comes, and is over when its claims are given back', async () => {
  await using parts = await node();
  const { claims, told, registry, register } = parts.kubelet();
  await assert.rejects(claims.prepare(pod, never), {
    message: `prepare dynamic resources: DRA driver ${name} is not registered`,
  });
  assert.equal(claims.uses('u'), false);
  await parts.driver.start();
  await register();
  await until('the pod is woken', () => told.includes('wake u'));
  await claims.prepare(pod, never);
  assert.ok(claims.uses('u'));
  assert.deepEqual(claims.cdiDevices(pod, container), [], 'this driver has none');
  parts.driver.failNext('NodeUnprepareResources', 'busy');
  await assert.rejects(claims.release('u'), {
    message: 'unprepare dynamic resources: NodeUnprepareResources failed for ResourceClaim gpu: busy',
  });
  assert.ok(!told.includes('released u'));
  await claims.release('u');
  await claims.release('u');
  assert.deepEqual(
    told.filter((each) => each === 'released u'),
    ['released u'],
  );
  assert.throws(() => claims.cdiDevices(pod, container), /unable to get claim info/);
  const text = await registry.text();
  const counted = (operation: string, isError: boolean) =>
    text.includes(
      `dra_operations_duration_seconds_count{is_error="${isError}",operation_name="${operation}"} 1\n`,
    );
  for (const operation of ['PrepareResources', 'UnprepareResources']) {
    assert.ok(counted(operation, true) && counted(operation, false), text);
  }
  assert.ok(text.includes('dra_resource_claims_in_use{driver_name="<any>"} 0\n'), text);
});

test('claims of a pod that is gone are given back by the next kubelet, once its driver is there', async () => {
  await using parts = await node();
  await parts.driver.start();
  const first = parts.kubelet();
  await first.register();
  await first.claims.prepare(pod, never);
  first.claims.stop();
  const second = parts.kubelet();
  second.claims.reconcile();
  parts.known.delete('u');
  second.claims.reconcile();
  assert.ok(second.claims.uses('u'), 'there is no driver');
  await second.register();
  await until('the claim is given back', () => parts.driver.prepared.size === 0);
  const file = join(parts.rootDir, 'dra_manager_state');
  await until('and forgotten', () => parseCheckpoint(readFileSync(file, 'utf8')).length === 0);
  assert.equal(second.claims.uses('u'), false);
});

test('a kubelet without an API server gives back what it had in its cluster, and prepares nothing', async () => {
  await using parts = await node();
  await parts.driver.start();
  const joined = parts.kubelet();
  await joined.register();
  await joined.claims.prepare(pod, never);
  joined.claims.stop();
  const { claims, register } = parts.kubelet({ isStandalone: true });
  claims.start();
  await register();
  await assert.rejects(claims.prepare(pod, never), {
    message: 'prepare dynamic resources: fetch ResourceClaim gpu: this node has no API server',
  });
  parts.known.delete('u');
  claims.reconcile();
  const file = join(parts.rootDir, 'dra_manager_state');
  await until('the claim is forgotten', () => parseCheckpoint(readFileSync(file, 'utf8')).length === 0);
  assert.equal(parts.driver.prepared.size, 0);
});

test('the status of a container shows the health of its devices', async () => {
  await using parts = await node();
  await parts.driver.start();
  const first = parts.kubelet();
  await first.register();
  await first.claims.prepare(pod, never);
  const shown = ({ claims } = first) => claims.health(pod, container)[0]?.resources;
  const device = (health: string, message?: string) => [
    { resourceID: `${name}/p/d`, health, ...(message && { message }) },
  ];
  assert.deepEqual(shown(), device('Unknown'));
  parts.driver.setHealth({ 'p/d': { health: 2, message: 'hot' } });
  await until('the pod is woken', () => first.told.includes('wake u'));
  assert.deepEqual(shown(), device('Unhealthy', 'hot'));
  const file = join(parts.rootDir, 'dra_health_state');
  await until('it is saved', () => existsSync(file) && readFileSync(file, 'utf8').includes('hot'));
  first.claims.stop();
  assert.deepEqual(shown(parts.kubelet()), device('Unhealthy', 'hot'), 'the next kubelet knows it');
  const third = parts.kubelet();
  await third.register();
  parts.driver.setHealth({ 'p/d': { health: 1, seconds: 1 } });
  await until('it is healthy', () => shown(third)?.[0]?.health === 'Healthy');
  const { length } = third.told;
  await until('it is not known any more', () => third.told.length > length);
  assert.deepEqual(shown(third), device('Unknown'));
});

test('a kubelet does not start with a damaged checkpoint', async () => {
  await using parts = await node();
  writeFileSync(join(parts.rootDir, 'dra_manager_state'), '{"Data":"{}","Checksum":1}');
  assert.throws(
    () => parts.kubelet(),
    /dra_manager_state: checkpoint is corrupted; drain the node, and remove the file$/,
  );
});
