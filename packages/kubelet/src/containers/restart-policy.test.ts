import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, ContainerRestartRule, Pod } from '../api/pod.ts';
import type { RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import { testContainer, testPod } from '../testing/pod.ts';
import { restartsAll, restartsOnFailure, shouldRestart } from './restart-policy.ts';

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
    const pod = testPod({ restartPolicy, containers: [{ name: 'a' }] });
    assert.equal(shouldRestart(pod, testContainer({ name: 'a' }), latest), restarts);
  });
}

type Policy = Pod['spec']['restartPolicy'];
const always = 'Always' as const;
const rule = (
  operator: 'In' | 'NotIn',
  values: number[],
  action: ContainerRestartRule['action'] = 'Restart',
): ContainerRestartRule => ({ action, exitCodes: { operator, values } });

const own: [pod: Policy, container: Partial<Container>, exitCode: number, restarts: boolean][] = [
  ['Never', { restartPolicy: always }, 0, true],
  ['Never', { restartPolicy: 'OnFailure' }, 1, true],
  ['Always', { restartPolicy: 'OnFailure' }, 0, false],
  ['Always', { restartPolicy: 'Never' }, 1, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', [42, 43])] }, 43, true],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', [42, 43])] }, 44, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', [])] }, 0, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('NotIn', [42])] }, 42, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('NotIn', [42])] }, 0, true],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', [1]), rule('In', [2])] }, 2, true],
  [
    'Never',
    { restartPolicy: 'Never', restartPolicyRules: [rule('In', [1], 'RestartAllContainers')] },
    1,
    true,
  ],
];
for (const [policy, settings, exitCode, restarts] of own) {
  test(`a container with ${JSON.stringify(settings)} in a pod with ${policy}, exited with ${exitCode}: ${restarts}`, () => {
    const container = testContainer({ name: 'a', ...settings });
    const pod = testPod({ restartPolicy: policy, containers: [container] });
    const latest = { state: 'exited', exitCode } as RuntimeContainer;
    assert.equal(shouldRestart(pod, container, latest), restarts);
  });
}

test('a probe that fails restarts a container by its policy, else by the policy of the pod', () => {
  const restarts = (policy: Policy, restartPolicy?: Policy) => {
    const container = testContainer({ name: 'a', ...(restartPolicy && { restartPolicy }) });
    return restartsOnFailure(testPod({ restartPolicy: policy, containers: [container] }), container);
  };
  assert.deepEqual(
    [restarts('Never'), restarts('OnFailure'), restarts('Never', 'Always'), restarts('Always', 'Never')],
    [false, true, true, false],
  );
});

test('the first rule that matches says whether all containers restart, and only for one that has ended', () => {
  const restartPolicyRules = [rule('In', [1]), rule('NotIn', [2], 'RestartAllContainers')];
  const container = testContainer({ name: 'a', restartPolicy: 'Never', restartPolicyRules });
  const ended = (exitCode: number, state: State = 'exited') =>
    restartsAll(container, { state, exitCode } as RuntimeContainer);
  assert.deepEqual([ended(0), ended(1), ended(2), ended(0, 'running')], [true, false, false, false]);
});
