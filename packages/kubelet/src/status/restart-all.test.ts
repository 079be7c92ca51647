import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodStatus } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { podStatus } from './pod-status.ts';

const rules = {
  restartPolicy: 'Never' as const,
  restartPolicyRules: [
    { action: 'RestartAllContainers' as const, exitCodes: { operator: 'In' as const, values: [88] } },
  ],
};
const pod = testPod({
  initContainers: [{ name: 'i' }],
  containers: [
    { name: 'a', ...rules },
    { name: 'b', restartPolicy: 'Never' as const },
  ],
});

const context = {
  runtimeName: 'berth',
  probes: { result: () => undefined },
  canMountRecursivelyReadOnly: true,
  failures: new Map(),
  hostIps: [],
  podIps: [],
  now: 0,
  startedAt: 0,
  end: undefined,
};

/** The last status of a pod whose runtime has these containers, one state after another. */
function after(...containers: string[]): PodStatus {
  let status: PodStatus | undefined;
  for (const each of containers) status = podStatus(pod, runtimeStatus('up', each), context, status);
  assert.ok(status);
  return status;
}

const condition = ({ conditions }: PodStatus) =>
  conditions?.find(({ type }) => type === 'AllContainersRestarting');

const message = 'The container is removed because RestartAllContainers in place';
const removed = {
  exitCode: 137,
  reason: 'RestartingAllContainers',
  message,
  startedAt: null,
  finishedAt: null,
};

test('a container that ended restarts all of its pod', () => {
  assert.equal(condition(after('i:exit0 a:run b:run'))?.status, 'False');
  const restarting = condition(after('i:exit0 a:run b:run', 'i:exit0 a:exit88 b:run'));
  assert.deepEqual([restarting?.status, restarting?.reason], ['True', 'RestartAllContainersStarted']);
});

test('containers that were removed for it wait, whether they ran or had ended', () => {
  const status = after('i:exit0 a:run b:run', 'i:exit0 a:exit88 b:run', '');
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  assert.equal(all.length, 3);
  for (const { name, state, lastState, restartCount, containerID } of all) {
    assert.deepEqual(state, { waiting: { reason: 'RestartingAllContainers', message } }, name);
    assert.deepEqual(lastState, { terminated: removed }, name);
    assert.deepEqual([restartCount, containerID], [1, undefined], name);
  }
  assert.equal(condition(status)?.status, 'False');
  assert.equal(status.phase, 'Running');
});

test('the removed containers stay the last ends of the next ones', () => {
  const steps = ['i:exit0 a:run b:run', 'i:exit0 a:exit88 b:run', '', 'i:run'];
  const [init] = after(...steps).initContainerStatuses ?? [];
  const [a] = after(...steps).containerStatuses ?? [];
  assert.deepEqual([init?.restartCount, init?.lastState], [1, { terminated: removed }]);
  assert.deepEqual([a?.restartCount, a?.lastState], [1, { terminated: removed }]);
  assert.deepEqual(a?.state, { waiting: { reason: 'PodInitializing' } });
});

test('a pod without such a rule has no such condition, and one that has ended does not restart', () => {
  const plain = podStatus(
    testPod({ containers: [{ name: 'a' }] }),
    runtimeStatus('up', ''),
    context,
    undefined,
  );
  assert.equal(condition(plain), undefined);
  const ended = condition(after('i:exit0 a:exit0 b:exit0'));
  assert.deepEqual([ended?.status, ended?.reason], ['False', 'PodCompleted']);
});
