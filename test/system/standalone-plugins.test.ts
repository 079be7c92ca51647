// A node without an API server: drivers of resource claims register with its kubelet, and give back what pods of an earlier
// cluster have left.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkpointText, parseCheckpoint } from '@berth/kubelet/dra/checkpoint.ts';
import { startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { DraTestDriver } from '@berth/test-support/dra-driver.ts';
import { startKubelet } from '@berth/test-support/kubelet.ts';
import { until } from '@berth/test-support/until.ts';

const name = 'dra.test.berth.dev';

/** What the kubelet of a cluster has written down of a claim that it has had prepared for a pod. */
const claim = {
  uid: 'c',
  name: 'gpu',
  namespace: 'default',
  podUids: new Set(['p']),
  drivers: new Map([
    [name, [{ poolName: 'n', deviceName: 'd', shareId: undefined, requestNames: [], cdiDeviceIds: [] }]],
  ]),
  isPrepared: true,
  isUnpreparing: false,
};

test('a driver registers with a kubelet that has no API server, and gives back claims', async () => {
  await using node = await startBerthdNode({ name: 'standalone' });
  const { dir } = node;
  const rootDir = join(dir, 'kubelet');
  const manifests = join(dir, 'manifests');
  for (const folder of [rootDir, manifests]) mkdirSync(folder);
  const checkpoint = join(rootDir, 'dra_manager_state');
  writeFileSync(checkpoint, checkpointText([claim]), { mode: 0o600 });
  await using kubelet = await startKubelet({ dir, endpoint: node.socket, manifests });
  await using driver = new DraTestDriver({ name, rootDir, devicesOf: async () => [] });
  await driver.start();
  await until('the driver is registered', () => driver.registrations.length > 0);
  assert.deepEqual(driver.registrations, [{ pluginRegistered: true, error: '' }]);
  await until('the claim is given back', () => driver.calls.length > 0, undefined, 100_000);
  assert.deepEqual(driver.calls, ['NodeUnprepareResources default/gpu']);
  await until('and forgotten', () => parseCheckpoint(readFileSync(checkpoint, 'utf8')).length === 0);
  const socket = join(rootDir, 'plugins_registry', `${name}.sock`);
  const metrics = await (await fetch(`http://127.0.0.1:${kubelet.port}/metrics`)).text();
  for (const series of [
    'dra_resource_claims_in_use{driver_name="<any>"} 0',
    `plugin_manager_total_plugins{socket_path="${socket}",state="actual_state_of_world"} 1`,
  ])
    assert.ok(metrics.split('\n').includes(series), series);
});
