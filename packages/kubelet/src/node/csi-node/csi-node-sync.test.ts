import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeApi } from '../../testing/fake-api.ts';
import { CsiNodeSync } from './csi-node-sync.ts';

const info = { nodeId: 'id', maxVolumes: 3n, topology: {} };
const never = new AbortController().signal;

/** An API server with the node, and what another kubelet has left there. */
function newApi(csiNode?: object): FakeApi {
  const api = new FakeApi();
  api.set('nodes', 'n', Object.assign({ metadata: { name: 'n', uid: 'u' } }, { status: {} }));
  if (csiNode) api.set('csinodes', 'n', csiNode);
  return api;
}

async function started(api: FakeApi): Promise<CsiNodeSync> {
  const sync = new CsiNodeSync(api.client, 'n');
  assert.match(sync.problem() ?? '', /not yet initialized/);
  await new Promise<void>((resolve) => sync.start(resolve));
  assert.equal(sync.problem(), undefined);
  return sync;
}

test('the object is made for the node; one of an earlier node of the name gives way', async () => {
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'earlier' }];
  for (const left of [undefined, { metadata: { ownerReferences }, spec: { drivers: null } }]) {
    const api = newApi(left);
    const sync = await started(api);
    assert.equal(api.object('csinodes', 'n')?.metadata?.ownerReferences?.[0]?.uid, 'u');
    sync.stop();
  }
});

test('a driver is installed and uninstalled, also after a conflict', async () => {
  const api = newApi();
  const sync = await started(api);
  api.failNext('update csinodes/n', new Error('conflict'));
  await sync.install('d', info, never);
  const spec = (): unknown => Reflect.get(api.object('csinodes', 'n') ?? {}, 'spec');
  assert.deepEqual(spec(), { drivers: [{ name: 'd', nodeID: 'id', allocatable: { count: 3 } }] });
  assert.deepEqual(api.patches, [
    { metadata: { annotations: { 'csi.volume.kubernetes.io/nodeid': '{"d":"id"}' } } },
  ]);
  await sync.uninstall('d');
  assert.deepEqual(spec(), { drivers: [] });
  sync.stop();
});

test('a driver without an id of the node is refused', async () => {
  const sync = await started(newApi());
  await assert.rejects(sync.install('d', { ...info, nodeId: '' }, never), /driverNodeID must not be empty/);
  sync.stop();
});
