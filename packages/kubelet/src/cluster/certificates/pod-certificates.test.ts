import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiClient, ApiObject } from '../../apiserver/api-client.ts';
import { FakeApi } from '../../testing/fake-api.ts';
import { NotedEvents } from '../../testing/noted-events.ts';
import { testPod } from '../../testing/pod.ts';
import { PodCertificates } from './pod-certificates.ts';

const projection = { signerName: 'test.example/signer', keyType: 'ED25519' };
const source = { volume: 'v', index: 0, projection };
const pod = testPod({ containers: [], serviceAccountName: 'robot' });
const chain = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

/** Certificates of an API server whose signer answers each request with `status`. */
function certificates(status?: object) {
  const api = new FakeApi();
  api.set('serviceaccounts', 'robot', { metadata: { uid: 'sa-1' } });
  const made: ApiObject[] = [];
  const client: ApiClient = {
    ...api.client,
    create: async <T extends ApiObject>(
      _resource: unknown,
      { namespace = '' }: { namespace?: string },
      object: T,
    ) => {
      const name = `req-${made.length}`;
      made.push(object);
      const named = { ...object, metadata: { ...object.metadata, name, namespace } };
      if (status) setImmediate(() => api.set('podcertificaterequests', name, { ...named, ...{ status } }));
      return named;
    },
  };
  const events = new NotedEvents();
  const woken: string[] = [];
  const all = new PodCertificates({
    client,
    nodeName: 'node',
    nodeUid: () => 'node-1',
    events,
    onAnswer: (uid) => woken.push(uid),
  });
  return { all, made, events, woken, [Symbol.dispose]: () => all.stop() };
}

function issuedUntil(beginRefreshAt: number): object {
  return {
    conditions: [{ type: 'Issued' }],
    certificateChain: chain,
    beginRefreshAt: new Date(beginRefreshAt).toISOString(),
    notAfter: new Date(Date.now() + 3_600_000).toISOString(),
  };
}

test('a certificate is asked for by a request of the pod, and kept', async () => {
  using cluster = certificates(issuedUntil(Date.now() + 1_800_000));
  const bundle = await cluster.all.bundle(pod, source);
  assert.equal(bundle.chain, chain);
  assert.match(bundle.key, /^-----BEGIN PRIVATE KEY-----\n/);
  assert.deepEqual(await cluster.all.bundle(pod, source), bundle);
  assert.deepEqual(cluster.woken, ['u']);
  const [request] = cluster.made;
  const { stubPKCS10Request, ...spec } = Object(Reflect.get(request ?? {}, 'spec'));
  assert.ok(stubPKCS10Request.length > 0);
  assert.deepEqual(JSON.parse(JSON.stringify(spec)), {
    signerName: 'test.example/signer',
    podName: 'p',
    podUID: 'u',
    serviceAccountName: 'robot',
    serviceAccountUID: 'sa-1',
    nodeName: 'node',
    nodeUID: 'node-1',
  });
  assert.equal(cluster.made.length, 1);
  const counted = { signerName: 'test.example/signer', state: 'fresh', count: 1 };
  assert.deepEqual(cluster.all.report(), [counted]);
  cluster.all.forget('u');
  assert.deepEqual(cluster.all.report(), []);
});

test('one that is old is renewed with another key, and used meanwhile', async () => {
  // With the jitter of five minutes it is time in any case.
  using cluster = certificates(issuedUntil(Date.now() - 301_000));
  const first = await cluster.all.bundle(pod, source);
  assert.deepEqual(await cluster.all.bundle(pod, source), first);
  assert.equal(cluster.made.length, 2);
  while (cluster.woken.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const next = await cluster.all.bundle(pod, source);
  assert.notEqual(next.key, first.key);
});

test('a signer that refuses is told in an event, once', async () => {
  using cluster = certificates({ conditions: [{ type: 'Denied', reason: 'Policy', message: 'never' }] });
  const message = 'PodCertificateRequest was permanently denied: reason="Policy" message="never"';
  await assert.rejects(cluster.all.bundle(pod, source), { message });
  await assert.rejects(cluster.all.bundle(pod, source), { message });
  assert.deepEqual(cluster.events.lines, [
    'Warning Denied default/p: PodCertificateRequest default/req-0 was denied, reason="Policy", message="never"',
  ]);
  assert.equal(cluster.made.length, 1);
});

test('without an answer there is no certificate yet, and no second request', async () => {
  using cluster = certificates();
  for (let round = 0; round < 2; round++)
    await assert.rejects(cluster.all.bundle(pod, source), { message: 'credential bundle is not issued yet' });
  assert.equal(cluster.made.length, 1);
});

test('a service account that is not there fails the source, which asks again', async () => {
  using cluster = certificates();
  const other = testPod({ containers: [], serviceAccountName: 'nobody' });
  await assert.rejects(cluster.all.bundle(other, source), /^Error: while fetching service account: /);
  await assert.rejects(cluster.all.bundle(other, source), /^Error: while fetching service account: /);
});
