import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import type { RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import { testPod } from '../testing/pod.ts';
import { shouldRestart } from './restart-policy.ts';

type State = RuntimeContainer['state'];

const cases: [
  policy: Pod['spec']['restartPolicy'],
  state: State | 'none',
  exitCode: number,
  restarts: boolean,
][] = [
  ['Always', 'none', 0, true],
  ['OnFailure', 'none', 0, true],
  ['Never', 'none', 0, true],
  ['Always', 'running', 0, false],
  ['Never', 'running', 0, false],
  ['Never', 'created', 0, true],
  ['Never', 'unknown', 0, true],
  ['Always', 'exited', 0, true],
  ['Always', 'exited', 1, true],
  ['OnFailure', 'exited', 0, false],
  ['OnFailure', 'exited', 1, true],
  ['Never', 'exited', 0, false],
  ['Never', 'exited', 1, false],
];
for (const [restartPolicy, state, exitCode, restarts] of cases) {
  test(`${restartPolicy}, ${state}${state === 'exited' ? ` with ${exitCode}` : ''}: ${restarts}`, () => {
    const latest = state === 'none' ? undefined : ({ state, exitCode } as RuntimeContainer);
    assert.equal(shouldRestart(testPod({ restartPolicy, containers: [{ name: 'a' }] }), latest), restarts);
  });
}
