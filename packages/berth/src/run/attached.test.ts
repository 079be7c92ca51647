import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type ContainerView, containerView, exitCodeOf } from './attached.ts';

const pod = (status: Partial<v1.ContainerStatus>): v1.Pod => ({
  status: {
    containerStatuses: [{ name: 'a', image: '', imageID: '', ready: false, restartCount: 0, ...status }],
  },
});
const terminated = (id: string, exitCode: number) => ({
  terminated: { containerID: `berth://${id}`, exitCode },
});

test('what the container does', () => {
  const cases: [pod: v1.Pod | undefined, view: ContainerView][] = [
    [undefined, { state: 'waiting' }],
    [{}, { state: 'waiting' }],
    [pod({ state: { waiting: { reason: 'ContainerCreating' } } }), { state: 'waiting' }],
    [pod({ containerID: 'berth://1', state: { running: {} } }), { state: 'running', id: '1' }],
    [pod({ containerID: 'berth://1', state: terminated('1', 3) }), { state: 'ended', id: '1' }],
    [
      pod({ containerID: 'berth://1', state: { waiting: {} }, lastState: terminated('1', 3) }),
      { state: 'ended', id: '1' },
    ],
    [
      pod({ containerID: 'berth://2', state: { running: {} }, lastState: terminated('1', 3) }),
      { state: 'running', id: '2' },
    ],
  ];
  for (const [given, view] of cases) assert.deepEqual(containerView(given), view);
});

test('the exit code is that of the container that was followed, also after a restart', () => {
  const restarted = pod({ containerID: 'berth://2', state: { running: {} }, lastState: terminated('1', 3) });
  assert.deepEqual([exitCodeOf(restarted, '1'), exitCodeOf(restarted, '2')], [3, undefined]);
  assert.equal(exitCodeOf(pod({ state: terminated('1', 0) }), '1'), 0);
  assert.equal(exitCodeOf(undefined, '1'), undefined);
});
