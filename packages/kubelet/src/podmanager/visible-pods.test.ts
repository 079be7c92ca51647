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
) {
  const deferred = { reason: 'Deferred', message: 'too much' } as const;
  const pending = new Map(resized.map(({ metadata }) => [metadata.uid, deferred]));
  const statuses = new StatusManager();
  const workers = { pods: () => running.map(pod), has: (uid: string) => running.includes(uid) };
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
