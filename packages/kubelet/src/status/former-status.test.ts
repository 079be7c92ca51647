import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, ContainerStatus } from '../api/pod.ts';
import { lostContainer, restartCount } from './former-status.ts';

const waiting: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const running: ContainerState = { running: { startedAt: '2026-01-02T03:04:05Z' } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });

function status(state: ContainerState, changes: Partial<ContainerStatus> = {}): ContainerStatus {
  const base = { name: 'a', image: '', imageID: '', restartCount: 0, ready: false, lastState: {} };
  return { ...base, state, ...changes };
}

test('an end that was seen stays when its container is gone', () => {
  const before = status(ended(3), { restartCount: 2, containerID: 'x://1' });
  const now = { ...status(waiting), ...lostContainer(before, status(waiting)) };
  assert.deepEqual([now.state, now.restartCount, now.containerID], [ended(3), 2, 'x://1']);
});

test('a container that ran and is gone has ended somehow, and waits for its restart', () => {
  const lost = lostContainer(status(running, { restartCount: 1, ready: true }), status(waiting));
  assert.deepEqual(lost.state, waiting);
  assert.equal(lost.restartCount, 2);
  assert.equal(lost.lastState?.terminated?.exitCode, 137);
  assert.equal(lost.lastState?.terminated?.reason, 'ContainerStatusUnknown');
});

test('a known end is not replaced by an unknown one', () => {
  const lost = lostContainer(status(running, { restartCount: 1, lastState: ended(4) }), status(waiting));
  assert.deepEqual([lost.lastState, lost.restartCount], [ended(4), 1]);
});

test('a container that never ran goes on waiting', () => {
  const lost = lostContainer(status(waiting, { restartCount: 1, lastState: ended(4) }), status(waiting));
  assert.deepEqual([lost.state, lost.lastState, lost.restartCount], [waiting, ended(4), 1]);
});

const counts: [title: string, before: ContainerStatus, now: ContainerStatus, count: number][] = [
  ['the same', status(running, { restartCount: 2 }), status(running, { restartCount: 2 }), 2],
  ['fewer', status(waiting, { restartCount: 2 }), status(running, { restartCount: 0 }), 2],
  ['more', status(ended(1), { restartCount: 2 }), status(running, { restartCount: 3 }), 3],
  [
    'another after one that ended',
    status(ended(1), { restartCount: 2, containerID: 'x://1' }),
    status(running, { restartCount: 0, containerID: 'x://2' }),
    3,
  ],
];
for (const [title, before, now, count] of counts) {
  test(`restarts: ${title}`, () => assert.equal(restartCount(before, now), count));
}
