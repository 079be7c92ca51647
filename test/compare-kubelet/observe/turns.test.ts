import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutTurns } from './turns.ts';

const end = (id: string) => ({ terminated: { exitCode: 1, containerID: `RUNTIME://ID-a-${id}` } });
const container = (restartCount: number, states: object) => ({ name: 'a', restartCount, ...states });

test('a container between two starts is the same in each turn', () => {
  const waiting = {
    waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container=a' },
  };
  const statuses = [
    container(2, { state: waiting, lastState: end('2') }),
    container(3, { state: end('3'), lastState: end('last') }),
  ];
  for (const status of statuses) {
    assert.deepEqual(withoutTurns({ containerStatuses: [status] }), {
      containerStatuses: [{ name: 'a', ended: { exitCode: 1, containerID: 'RUNTIME://ID-a' } }],
    });
  }
});

test('one that runs, or has never run, keeps its state', () => {
  for (const state of [{ running: { startedAt: 'TIME' } }, { waiting: { reason: 'ContainerCreating' } }])
    assert.deepEqual(withoutTurns(container(0, { state })), { name: 'a', state });
});
