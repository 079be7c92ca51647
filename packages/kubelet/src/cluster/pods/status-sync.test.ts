import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { PodStatus } from '../../api/pod.ts';
import type { ServedPod } from '../../api/served-pod.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import { redirectLog } from '../../klog/klog.ts';
import { apiError } from '../../testing/fake-api.ts';
import { testPod } from '../../testing/pod.ts';
import { ServedPodIndex } from './served-pod-index.ts';
import { StatusSync } from './status-sync.ts';

after(redirectLog(() => {}));

// What must not happen has no event.
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** A sync of one pod with UID `u`, and the requests that it makes. */
class Stage {
  readonly index = new ServedPodIndex();
  readonly requests: string[] = [];
  own: PodStatus | undefined;
  mayRun = false;
  failure: Error | undefined;
  #version = 1;
  readonly sync: StatusSync;

  constructor() {
    const client: Pick<ApiClient, 'patch' | 'delete'> = {
      patch: async (_resource, { name }, _type, patch, options) => {
        const { status } = Object(patch);
        this.requests.push(`patch ${name}/${options?.subresource} ${status.phase}`);
        if (this.failure) throw this.failure;
        this.#version += 1;
        const known = this.index.get('u');
        const answer = {
          metadata: { resourceVersion: `${this.#version}` },
          status: { ...known?.status, ...status },
        };
        return Object(answer);
      },
      delete: async (_resource, { name }, options) => {
        this.requests.push(
          `delete ${name} after ${options?.gracePeriodSeconds} s if ${options?.preconditions?.uid}`,
        );
        if (this.failure) throw this.failure;
      },
    };
    this.sync = new StatusSync({
      client,
      served: this.index,
      status: () => this.own,
      mayRun: () => this.mayRun,
    });
  }

  /** The server has the pod in this phase. */
  serve(phase: string, metadata: object = {}, resourceVersion = `${this.#version}`): void {
    const pod = testPod({ containers: [{ name: 'c' }] }, metadata);
    const served: ServedPod = { pod, status: { phase }, resourceVersion };
    this.index.set(new Map([[pod.metadata.uid, served]]));
    this.sync.servedChanged();
  }

  async set(phase: string): Promise<void> {
    this.own = { phase };
    this.sync.statusChanged('u');
    await settled();
  }
}

test('a status is written once, and not again when the server has it', async () => {
  const stage = new Stage();
  stage.serve('Pending');
  await stage.set('Running');
  await stage.set('Running');
  assert.deepEqual(stage.requests, ['patch p/status Running']);
  stage.sync.stop();
});

test('statuses that follow each other closely are one write', async () => {
  const stage = new Stage();
  stage.serve('Pending');
  for (const phase of ['Pending', 'Running', 'Failed']) {
    stage.own = { phase };
    stage.sync.statusChanged('u');
  }
  await settled();
  assert.deepEqual(stage.requests, ['patch p/status Failed']);
  stage.sync.stop();
});

test('a sandbox is told of with the containers that follow it, or alone after a while', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const stage = new Stage();
  const isReady: PodStatus = {
    phase: 'Pending',
    conditions: [{ type: 'PodReadyToStartContainers', status: 'True', lastProbeTime: null }],
  };
  stage.serve('Pending');
  stage.own = isReady;
  stage.sync.statusChanged('u');
  await setImmediate();
  t.mock.timers.tick(399);
  await setImmediate();
  assert.deepEqual(stage.requests, []);
  stage.own = { ...isReady, phase: 'Running' };
  stage.sync.statusChanged('u');
  await setImmediate();
  assert.deepEqual(stage.requests, ['patch p/status Running']);

  const slow = new Stage();
  slow.serve('Pending');
  slow.own = isReady;
  slow.sync.statusChanged('u');
  await setImmediate();
  t.mock.timers.tick(400);
  await setImmediate();
  assert.deepEqual(slow.requests, ['patch p/status undefined']);
  stage.sync.stop();
  slow.sync.stop();
});

test('a status waits for a pod that the server does not show yet', async () => {
  const stage = new Stage();
  await stage.set('Running');
  assert.deepEqual(stage.requests, []);
  stage.serve('Pending');
  await settled();
  assert.deepEqual(stage.requests, ['patch p/status Running']);
  stage.sync.stop();
});

test('an older version that the watch shows later undoes nothing', async () => {
  const stage = new Stage();
  stage.serve('Pending', {}, '1');
  await stage.set('Running');
  stage.serve('Pending', {}, '1');
  await settled();
  assert.equal(stage.index.get('u')?.status.phase, 'Running');
  assert.equal(stage.requests.length, 1);
  stage.sync.stop();
});

test('what others overwrite and what fails is written again ten seconds later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const stage = new Stage();
  stage.serve('Pending');
  stage.own = { phase: 'Running' };
  stage.failure = apiError(500, 'InternalError');
  stage.sync.statusChanged('u');
  await turns();
  stage.failure = undefined;
  t.mock.timers.tick(10_000);
  await turns();
  assert.equal(stage.requests.length, 2);
  const pod = stage.index.get('u')?.pod;
  assert.ok(pod);
  stage.index.set(new Map([['u', { pod, status: { phase: 'Unknown' }, resourceVersion: '9' }]]));
  stage.sync.servedChanged();
  await turns();
  assert.equal(stage.requests.length, 2);
  t.mock.timers.tick(10_000);
  await turns();
  assert.deepEqual(stage.requests, Array(3).fill('patch p/status Running'));
  stage.sync.stop();
});

test('a deleted pod is deleted for good when nothing is left of it, once', async () => {
  const stage = new Stage();
  stage.mayRun = true;
  stage.serve('Running', { deletionTimestamp: '2026-11-30T10:00:00Z' });
  await stage.set('Failed');
  assert.deepEqual(stage.requests, [], 'its containers still run');
  stage.mayRun = false;
  stage.sync.gone('u');
  await settled();
  await stage.set('Failed');
  assert.deepEqual(stage.requests, ['patch p/status Failed', 'delete p after 0 s if u']);
  stage.sync.stop();
});

test('a pod that the server does not have is no failure', async () => {
  const stage = new Stage();
  stage.serve('Pending');
  stage.failure = apiError(404, 'NotFound');
  await stage.set('Running');
  assert.equal(stage.requests.length, 1);
  stage.sync.stop();
});

test('a pod that a server does not know yet is deleted later, and not looked for when it has gone', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stage = new Stage();
  const period = async (): Promise<void> => {
    t.mock.timers.tick(10_000);
    await setImmediate();
  };
  stage.serve('Failed', { deletionTimestamp: '2026-11-30T10:00:00Z' });
  stage.own = { phase: 'Failed' };
  // Its admission looks for the pod in a cache, which is empty when the server has just started.
  stage.failure = apiError(404, 'NotFound');
  stage.sync.gone('u');
  await setImmediate();
  await period();
  assert.equal(stage.requests.length, 2);
  stage.failure = undefined;
  await period();
  await period();
  assert.deepEqual(stage.requests, Array(3).fill('delete p after 0 s if u'));
  stage.sync.stop();
  const other = new Stage();
  other.serve('Pending');
  other.failure = apiError(404, 'NotFound');
  other.own = { phase: 'Running' };
  other.sync.statusChanged('u');
  await setImmediate();
  other.index.set(new Map());
  await period();
  assert.equal(other.requests.length, 1);
  other.sync.stop();
});

test('a static pod has the status of its mirror pod', async () => {
  const stage = new Stage();
  const source = { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.hash': 'u' };
  stage.index.setPods([testPod({ containers: [{ name: 'c' }] }, { annotations: source })]);
  await stage.set('Running');
  const annotations = { 'kubernetes.io/config.mirror': 'u', 'kubernetes.io/config.source': 'api' };
  stage.serve('Pending', { uid: 'mirror', annotations });
  await settled();
  assert.deepEqual(stage.requests, ['patch p/status Running']);
  stage.index.forget('u');
  assert.equal(stage.index.get('u'), undefined);
  stage.sync.stop();
});
