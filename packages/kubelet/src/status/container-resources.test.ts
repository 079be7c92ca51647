import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import { testContainer } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { settingsStatus } from './container-resources.ts';

const [running] = runtimeStatus('up', 'a:run').containers;
assert.ok(running);
const having = (changes: Partial<RuntimeContainer>): RuntimeContainer => ({ ...running, ...changes });
const actual = { cpuRequest: 200, cpuLimit: 1500, memoryLimitBytes: 2n ** 30n };
const specified = { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } };

const cases: [title: string, resources: object, container: RuntimeContainer, shown: object][] = [
  [
    'what its cgroup has',
    specified,
    having({ resources: actual }),
    { requests: { cpu: '200m', memory: '1Gi' }, limits: { cpu: '1500m', memory: '1Gi' } },
  ],
  [
    'what it asks for, when it has ended',
    specified,
    having({ state: 'exited', resources: actual }),
    specified,
  ],
  ['what it asks for, when the runtime tells nothing', specified, running, specified],
  ['nothing, when it asks for nothing', {}, having({ resources: actual }), {}],
  [
    'what it asks for below the minimum of a cgroup',
    { requests: { cpu: '1m' }, limits: { cpu: '5m' } },
    having({ resources: { cpuRequest: 2, cpuLimit: 10, memoryLimitBytes: undefined } }),
    { requests: { cpu: '1m' }, limits: { cpu: '5m' } },
  ],
  [
    'no CPU for one that asks for memory alone',
    { requests: { memory: '1Mi' } },
    having({ resources: { cpuRequest: 2, cpuLimit: undefined, memoryLimitBytes: undefined } }),
    { requests: { memory: '1Mi' } },
  ],
];
for (const [title, resources, latest, shown] of cases) {
  test(`a container shows ${title}`, () => {
    const container = testContainer({ name: 'a', resources });
    assert.deepEqual(settingsStatus(container, latest).resources, shown);
  });
}

test('what was allocated is what was requested', () => {
  const container = testContainer({ name: 'a', resources: specified });
  assert.deepEqual(settingsStatus(container, running).allocatedResources, specified.requests);
  assert.equal('allocatedResources' in settingsStatus(testContainer({ name: 'a' }), running), false);
});

test('the user is shown with the groups that it has', () => {
  const user = (supplementalGroups: number[]) =>
    settingsStatus(testContainer({ name: 'a' }), having({ user: { uid: 1, gid: 2, supplementalGroups } }))
      .user;
  assert.deepEqual(user([3]), { linux: { uid: 1, gid: 2, supplementalGroups: [3] } });
  assert.deepEqual(user([]), { linux: { uid: 1, gid: 2 } });
});

test('a signal is shown when the runtime tells it', () => {
  const signal = (changes: Partial<RuntimeContainer>) =>
    settingsStatus(testContainer({ name: 'a' }), having(changes)).stopSignal;
  assert.deepEqual([signal({ stopSignal: 'SIGQUIT' }), signal({})], ['SIGQUIT', undefined]);
});
