import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { StatusManager } from '../status/manager.ts';
import { testPod } from '../testing/pod.ts';
import type { RejectedPod } from './pod-manager.ts';
import { VisiblePods } from './visible-pods.ts';

const pod = (name: string): Pod => testPod({ containers: [{ name: 'c' }] }, { name, uid: name });
const byUid = (...names: string[]) => new Map(names.map((name) => [name, pod(name)]));

function visible(
  admitted: Map<string, Pod>,
  rejected: Map<string, RejectedPod>,
  running: string[],
  resized: Pod[] = [],
  over: string[] = [],
) {
  const deferred = { reason: 'Deferred', message: 'too much' } as const;
  const pending = new Map(resized.map(({ metadata }) => [metadata.uid, deferred]));
  const statuses = new StatusManager();
  const workers = {
    pods: () => running.map(pod),
    has: (uid: string) => running.includes(uid),
    isOver: (uid: string) => over.includes(uid),
  };
  const list = new VisiblePods({
    podManager: {
      admitted: () => admitted,
      rejected: () => rejected,
      pendingResizes: () => pending,
      desired: (uid) => resized.find(({ metadata }) => metadata.uid === uid),
    },
    statuses,
    workers: () => workers,
    nodeIps: ['192.0.2.1'],
  });
  return { statuses, list, running };
}

test('pods with a worker come first, then those that wait, then those that were rejected', () => {
  const end = { by: 'rejected', reason: 'OutOfcpu', message: 'too much' } as const;
  const rejected = new Map([['r', { pod: pod('r'), end, detail: '', at: 0 }]]);
  const { statuses, list } = visible(byUid('a', 'waits'), rejected, ['a']);
  statuses.set('a', { phase: 'Running' });
  statuses.set('gone', { phase: 'Running' });
  list.refresh();
  assert.deepEqual(
    list.list().map(({ metadata, status }) => [metadata.name, status.phase, status.reason]),
    [
      ['a', 'Running', undefined],
      ['waits', 'Pending', undefined],
      ['r', 'Failed', 'OutOfcpu'],
    ],
  );
  assert.equal(statuses.get('gone'), undefined, 'a pod that is gone is forgotten');
});

test('a rejected version whose containers still end shows how they end', () => {
  const end = { by: 'rejected', reason: 'OutOfcpu', message: 'too much' } as const;
  const rejected = new Map([['a', { pod: pod('a'), end, detail: '', at: 0 }]]);
  const { statuses, list } = visible(new Map(), rejected, ['a']);
  statuses.set('a', { phase: 'Running' });
  list.refresh();
  assert.deepEqual(
    list.list().map(({ status }) => status.phase),
    ['Running'],
  );
});

test('a pod whose worker is gone is forgotten, or waits again where a source wants it', () => {
  const { statuses, list, running } = visible(byUid('a'), new Map(), ['a', 'b']);
  for (const uid of running) statuses.set(uid, { phase: 'Succeeded' });
  running.length = 0;
  list.ended('b');
  list.ended('a');
  assert.deepEqual(
    list.list().map(({ metadata, status }) => [metadata.name, status.phase]),
    [['a', 'Pending']],
  );
  assert.equal(statuses.get('b'), undefined);
});

test('a pod whose new resources are not admitted shows what it asks for', () => {
  const asks = testPod(
    { containers: [{ name: 'c', resources: { limits: { cpu: '9' } } }] },
    { name: 'a', uid: 'a' },
  );
  const { statuses, list } = visible(byUid('a', 'b'), new Map(), ['a', 'b'], [asks]);
  for (const uid of ['a', 'b']) statuses.set(uid, { phase: 'Running' });
  const limits = list.list().map(({ spec }) => spec.containers[0]?.resources.limits);
  assert.deepEqual(limits, [{ cpu: '9' }, undefined]);
});

test('a pod that waits for an earlier version of it is as old as its manifest, not as the kubelet', () => {
  const update = pod('a');
  update.metadata.annotations = { 'kubernetes.io/config.seen': '2100-01-01T00:00:00.000000000Z' };
  const { list } = visible(new Map([['a', update]]), new Map(), []);
  list.refresh();
  assert.equal(list.list()[0]?.status.startTime, '2100-01-01T00:00:00Z');
});

test('a pod that the API server is about to delete keeps its last status', () => {
  const over: string[] = [];
  const running = ['a'];
  const { statuses, list } = visible(byUid('a'), new Map(), running, [], over);
  statuses.set('a', { phase: 'Succeeded' });
  running.pop();
  over.push('a');
  list.ended('a');
  list.refresh();
  assert.deepEqual(
    list.list().map(({ metadata, status }) => [metadata.name, status.phase]),
    [['a', 'Succeeded']],
  );
});

test('a pod that an earlier kubelet has started shows what is known of it until it has a worker', () => {
  const admitted = byUid('ran', 'new', 'waits');
  const phases = new Map([
    ['ran', 'Running'],
    ['waits', 'Pending'],
  ]);
  const statuses = new StatusManager();
  const list = new VisiblePods({
    podManager: {
      admitted: () => admitted,
      rejected: () => new Map(),
      pendingResizes: () => new Map(),
      desired: () => undefined,
    },
    statuses,
    workers: () => undefined,
    nodeIps: [],
    lastStatus: (uid) => (phases.has(uid) ? { phase: phases.get(uid) ?? '' } : undefined),
  });
  const shown = (): (string | undefined)[] => list.list().map(({ status }) => status.phase);
  list.refresh();
  list.refresh();
  assert.deepEqual(shown(), ['Running', 'Pending', 'Pending']);
  // It has ended, and starts again as a new one.
  phases.clear();
  list.ended('ran');
  assert.deepEqual(shown(), ['Pending', 'Pending', 'Pending']);
});
