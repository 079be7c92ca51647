import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { apiError, FakeApi } from '../../testing/fake-api.ts';
import type { Node } from '../status/node-object.ts';
import { registerNode } from './registrar.ts';

after(redirectLog(() => {}));
const node: Node = { metadata: { name: 'n', labels: { 'kubernetes.io/os': 'linux' } }, spec: {}, status: {} };

async function register(api: FakeApi): Promise<string[]> {
  const steps: string[] = [];
  await registerNode(
    {
      client: api.client,
      initial: async () => node,
      resetsExtendedResources: () => true,
      startup: {
        registrationAttempted: () => steps.push('attempted'),
        registered: () => steps.push('registered'),
      },
    },
    new AbortController().signal,
  );
  return steps;
}

test('a new node is created', async () => {
  const api = new FakeApi();
  assert.deepEqual(await register(api), ['attempted', 'registered']);
  assert.deepEqual(api.requests, ['create nodes/n']);
});

test('a node of an earlier kubelet is patched only where it differs', async () => {
  const api = new FakeApi();
  api.set('nodes', 'n', { ...node, metadata: { labels: { 'kubernetes.io/os': 'x', own: 'y' } } });
  assert.deepEqual(await register(api), ['attempted']);
  assert.deepEqual(api.requests, ['create nodes/n', 'get nodes/n', 'patch nodes/n']);
  assert.deepEqual(api.patches, [
    { metadata: { labels: { 'kubernetes.io/os': 'linux' } }, status: { capacity: {}, allocatable: {} } },
  ]);
  const same = new FakeApi();
  same.set('nodes', 'n', { ...node, ...{ status: { capacity: {}, allocatable: {} } } });
  await register(same);
  assert.deepEqual(same.requests, ['create nodes/n', 'get nodes/n']);
});

test('who may not create nodes uses the one that is there', async () => {
  const api = new FakeApi();
  api.set('nodes', 'n', node);
  api.failNext('create nodes/n', apiError(403, 'Forbidden'));
  await register(api);
  assert.deepEqual(api.requests.slice(0, 2), ['create nodes/n', 'get nodes/n']);
});

test('it is tried again until it succeeds', async () => {
  const api = new FakeApi();
  api.failNext('create nodes/n', new Error('ECONNREFUSED'));
  assert.deepEqual(await register(api), ['attempted', 'registered']);
  assert.deepEqual(api.requests, ['create nodes/n', 'create nodes/n']);
});
