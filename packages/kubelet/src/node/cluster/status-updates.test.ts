import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { apiError, FakeApi } from '../../testing/fake-api.ts';
import type { Node, NodeStatus } from '../status/node-object.ts';
import { nodes } from './registrar.ts';
import { StatusUpdates } from './status-updates.ts';

after(redirectLog(() => {}));

function conditions(ready: 'True' | 'False', at = '1'): NodeStatus {
  return {
    conditions: [{ type: 'Ready', status: ready, lastHeartbeatTime: at, lastTransitionTime: '0' }],
  };
}

/** Updates of a node that the server has as `status`, and whose status is `now` from then on. */
class Setup {
  readonly api = new FakeApi();
  readonly reported: string[] = [];
  /** Versions of the node that the server has answered with. */
  readonly answers: string[] = [];
  observed: Node | undefined;
  now: NodeStatus;
  failures = 0;
  readonly updates: StatusUpdates;

  constructor(status: NodeStatus, reportMs = 300_000) {
    this.now = status;
    this.set(status);
    this.updates = new StatusUpdates({
      client: this.api.client,
      nodeName: 'n',
      intervals: { updateMs: 5, reportMs },
      observed: () => this.observed,
      register: async () => {},
      updated: async (before) => ({ node: { ...before, status: this.now }, isChanged: false }),
      refreshRuntime: async () => {},
      onReported: (node) => this.reported.push(node.metadata.resourceVersion ?? ''),
      onAnswer: (node) => this.answers.push(node.metadata.resourceVersion ?? ''),
      onRepeatedFailure: () => {
        this.failures += 1;
      },
    });
  }

  set(status: NodeStatus): void {
    const node = { metadata: { name: 'n' }, status };
    const { metadata } = this.api.set('nodes', 'n', node);
    this.observed = { ...node, metadata: { ...metadata, name: 'n' } };
  }
}

test('the first status is sent, then only changes', async () => {
  const setup = new Setup(conditions('True'));
  await setup.updates.sync();
  assert.deepEqual(setup.api.requests, ['patch nodes/n']);
  setup.now = conditions('True', '2');
  await setup.updates.sync();
  assert.equal(setup.api.requests.length, 1, 'a heartbeat alone is not sent');
  setup.now = conditions('False', '3');
  await setup.updates.sync();
  assert.equal(setup.api.requests.length, 2);
  assert.equal(setup.reported.length, 3);
  const { metadata } = await setup.api.client.get<Node>(nodes, { name: 'n' });
  assert.equal(setup.answers.length, 2);
  assert.equal(setup.answers.at(-1), metadata.resourceVersion, 'the next update starts from the answer');
});

test('after the interval of reports, heartbeats are sent, too', async () => {
  const setup = new Setup(conditions('True'), 0);
  await setup.updates.sync();
  setup.now = conditions('True', '2');
  await setup.updates.sync();
  assert.deepEqual(setup.api.patches, [
    {},
    {
      status: {
        conditions: [{ type: 'Ready', lastHeartbeatTime: '2' }],
        '$setElementOrder/conditions': [{ type: 'Ready' }],
      },
    },
  ]);
});

test('a failed try is repeated with the newest node, five times in all', async () => {
  const setup = new Setup(conditions('True'));
  setup.api.failNext('patch nodes/n', apiError(409, 'Conflict'));
  await setup.updates.sync();
  assert.deepEqual(setup.api.requests.splice(0), ['patch nodes/n', 'get nodes/n', 'patch nodes/n']);
  assert.equal(setup.failures, 0);
  setup.now = conditions('False');
  setup.api.failNext('patch nodes/n', new Error('ECONNRESET'), 5);
  await setup.updates.sync();
  assert.equal(setup.api.requests.filter((request) => request === 'patch nodes/n').length, 5);
  assert.equal(setup.failures, 4);
});

test('a node that is gone is not registered again', async () => {
  const setup = new Setup(conditions('True'));
  setup.observed = undefined;
  setup.api.remove('nodes', 'n');
  await setup.updates.sync();
  assert.deepEqual(
    setup.api.requests,
    Array.from({ length: 4 }, () => 'get nodes/n'),
  );
});

test('a node that becomes ready says so before its next update', async () => {
  const setup = new Setup(conditions('False'));
  const slow = new StatusUpdates({
    client: setup.api.client,
    nodeName: 'n',
    intervals: { updateMs: 3_600_000, reportMs: 3_600_000 },
    observed: () => setup.observed,
    register: async () => {},
    updated: async (before) => ({ node: { ...before, status: setup.now }, isChanged: false }),
    refreshRuntime: async () => {},
    onReported: (node) => {
      setup.now = conditions('True');
      setup.reported.push(JSON.stringify(node));
      if (setup.api.requests.length >= 2) done.resolve();
    },
    onAnswer: () => {},
    onRepeatedFailure: () => assert.fail('nothing fails'),
  });
  const done = Promise.withResolvers<void>();
  slow.start();
  await done.promise;
  slow.stop();
  assert.deepEqual(setup.api.requests, ['patch nodes/n', 'patch nodes/n']);
  assert.match(JSON.stringify(setup.api.patches[1]), /"status":"True"/);
});
