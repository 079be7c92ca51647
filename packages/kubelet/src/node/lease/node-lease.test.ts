import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { apiError, FakeApi } from '../../testing/fake-api.ts';
import { NodeLease } from './node-lease.ts';
import { renewedLease } from './renewed-lease.ts';

after(redirectLog(() => {}));
const settings = { name: 'n', durationSeconds: 40 };

function leaseOn(api: FakeApi): { lease: NodeLease; failures: number[] } {
  const failures: number[] = [];
  const lease = new NodeLease({
    client: api.client,
    settings,
    nodeUid: async () =>
      (await api.client.get({ group: '', version: 'v1', plural: 'nodes' }, { name: 'n' })).metadata?.uid ??
      '',
    onRepeatedFailure: () => failures.push(api.requests.length),
  });
  return { lease, failures };
}

test('a lease as it is created and renewed', () => {
  const created = renewedLease(undefined, settings, { owner: 'u', now: 1234 });
  assert.deepEqual(created, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: 'n',
      namespace: 'kube-node-lease',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }],
    },
    spec: { holderIdentity: 'n', leaseDurationSeconds: 40, renewTime: '1970-01-01T00:00:01.234000Z' },
  });
  const renewed = renewedLease(
    created,
    { ...settings, durationSeconds: 20 },
    { owner: undefined, now: 5000 },
  );
  assert.deepEqual(renewed, {
    ...created,
    spec: { holderIdentity: 'n', leaseDurationSeconds: 20, renewTime: '1970-01-01T00:00:05.000000Z' },
  });
});

test('without the node there is no lease; then it is created, and renewed without being read', async () => {
  const api = new FakeApi();
  const { lease } = leaseOn(api);
  await lease.renew();
  assert.deepEqual(api.requests.splice(0), ['get leases/n', 'get nodes/n']);
  api.set('nodes', 'n', {});
  await lease.renew();
  assert.deepEqual(api.requests.splice(0), ['get leases/n', 'get nodes/n', 'create leases/n']);
  await lease.renew();
  await lease.renew();
  assert.deepEqual(api.requests, ['update leases/n', 'update leases/n']);
});

test('a lease of an earlier kubelet is renewed at once, and gets an owner', async () => {
  const api = new FakeApi();
  api.set('nodes', 'n', {});
  api.set('leases', 'n', renewedLease(undefined, settings, { owner: undefined, now: 0 }));
  const { lease } = leaseOn(api);
  await lease.renew();
  assert.deepEqual(api.requests, ['get leases/n', 'get nodes/n', 'update leases/n']);
  assert.equal(api.object('leases', 'n')?.metadata?.ownerReferences?.[0]?.uid, 'uid-n');
});

test('a lease that another client has changed is read again', async () => {
  const api = new FakeApi();
  api.set('nodes', 'n', {});
  const { lease, failures } = leaseOn(api);
  await lease.renew();
  api.set('leases', 'n', api.object('leases', 'n') ?? {});
  api.requests.length = 0;
  await lease.renew();
  assert.deepEqual(api.requests, ['update leases/n', 'get leases/n', 'update leases/n']);
  assert.deepEqual(failures, []);
});

test('a deleted lease is created again', async () => {
  const api = new FakeApi();
  api.set('nodes', 'n', {});
  const { lease } = leaseOn(api);
  await lease.renew();
  api.remove('leases', 'n');
  await lease.renew();
  assert.ok(api.object('leases', 'n'));
});

test('a server that does not answer is asked five times at once, and connections are told', async () => {
  const api = new FakeApi();
  api.set('nodes', 'n', {});
  const { lease, failures } = leaseOn(api);
  await lease.renew();
  api.requests.length = 0;
  api.failNext('update leases/n', new Error('ECONNRESET'), 5);
  api.failNext('get leases/n', apiError(500, 'InternalError'));
  await lease.renew();
  assert.deepEqual(api.requests, [
    ...Array.from({ length: 5 }, () => 'update leases/n'),
    'get leases/n',
    'get leases/n',
    'update leases/n',
  ]);
  assert.equal(failures.length, 4);
});
