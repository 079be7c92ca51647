import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Pod, PodWithStatus } from '../api/pod.ts';
import { redirectLog } from '../klog/klog.ts';
import { testPod } from '../testing/pod.ts';
import type { RejectedPod } from './pod-manager.ts';
import { PodRestarts, type RestartPorts } from './restarts.ts';

const rootDir = mkdtempSync(join(tmpdir(), 'restarts-'));
const restore = redirectLog(() => {});
after(() => {
  restore();
  rmSync(rootDir, { recursive: true });
});

const pod = (uid: string, metadata: Partial<Pod['metadata']> = {}): PodWithStatus => ({
  ...testPod({ containers: [{ name: 'c' }] }, { name: 'p', uid, ...metadata }),
  status: { phase: 'Running' },
});
const rejection = (uid: string): RejectedPod => ({
  pod: pod(uid),
  end: { by: 'rejected', reason: 'OutOfcpu', message: '' },
  detail: 'no room',
  at: 0,
});

/** Restarts of these pods, and what they did. */
function restarts(
  pods: PodWithStatus[],
  changes: {
    running?: string[];
    desired?: boolean;
    rejected?: Map<string, RejectedPod>;
    preempted?: string[];
    finished?: boolean;
    workers?: 'none';
  } = {},
) {
  const done: string[] = [];
  const { running = pods.map(({ metadata }) => metadata.uid), rejected = new Map() } = changes;
  const ports: RestartPorts = {
    pods: () => pods,
    podManager: {
      desired: (uid) => (changes.desired === false ? undefined : pod(uid)),
      rejected: () => rejected,
      imposed: () =>
        new Map((changes.preempted ?? []).map((uid) => [uid, { by: 'preempted', preemptor: 'x' }] as const)),
      judgeAgain: (uid) => void done.push(`judge ${uid}`),
    },
    statuses: { isFinished: () => changes.finished === true },
    workers: () =>
      changes.workers === 'none'
        ? undefined
        : { has: (uid) => running.includes(uid), restart: (uid) => void done.push(`restart ${uid}`) },
    onJudged: () => void done.push('judged'),
    options: { rootDir },
  };
  return { made: new PodRestarts(ports), done };
}

const isRecorded = (uid: string) => existsSync(join(rootDir, 'pods', uid, 'restart'));

test('a restart is recorded before the pod is ended', () => {
  const { made, done } = restarts([pod('plain')]);
  assert.equal(made.restart('default/p'), undefined);
  made.ended('plain');
  assert.deepEqual(done, ['restart plain']);
  assert.ok(isRecorded('plain'));
});

for (const [what, change] of [
  ['has finished', { finished: true }],
  ['was preempted', { preempted: ['judged'] }],
] satisfies [string, object][]) {
  test(`a pod that ${what} is judged again when nothing is left of it`, () => {
    const { made, done } = restarts([pod('judged')], change);
    assert.equal(made.restart('default/p'), undefined);
    made.ended('judged');
    made.ended('judged');
    assert.deepEqual(done, ['restart judged', 'judge judged', 'judged']);
  });
}

const deletionTimestamp = '2026-11-30T00:00:00Z';
const quiet: [what: string, pods: PodWithStatus[], running: string[]][] = [
  ['that is ending', [pod('ending', { deletionTimestamp })], ['ending']],
  ['that waits for its earlier version', [pod('old', { deletionTimestamp }), pod('waits')], ['old']],
];
for (const [what, pods, running] of quiet) {
  test(`a pod ${what} starts without a restart`, () => {
    const { made, done } = restarts(pods, { running });
    assert.equal(made.restart('default/p'), undefined);
    assert.deepEqual(done, []);
    assert.ok(pods.every(({ metadata }) => !isRecorded(metadata.uid)));
  });
}

test('what cannot be restarted is told', () => {
  const refused = (changes: Parameters<typeof restarts>[1], key = 'default/p') =>
    restarts([pod('refused')], changes).made.restart(key);
  assert.deepEqual(refused({}, 'default/q'), { status: 404, why: 'there is no pod default/q' });
  assert.deepEqual(refused({ workers: 'none' }), {
    status: 409,
    why: 'the container runtime has not answered yet',
  });
  assert.deepEqual(refused({ desired: false }), { status: 409, why: 'pod default/p is being removed' });
  assert.deepEqual(refused({ rejected: new Map([['refused', rejection('refused')]]) }), {
    status: 409,
    why: 'pod default/p was rejected: no room',
  });
  assert.ok(!isRecorded('refused'));
});
