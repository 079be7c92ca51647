import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregated, nodeConditions } from './conditions.ts';
import type { NodeCondition } from './node-object.ts';

const none = { memory: false, disk: false, pid: false };
const brief = ({ type, status, lastHeartbeatTime, lastTransitionTime }: NodeCondition) =>
  `${type}=${status} ${lastHeartbeatTime}/${lastTransitionTime}`;

test('a new node has all conditions, Ready last, and no event of that one', () => {
  const { conditions, events } = nodeConditions([], { pressures: none, problems: [] }, '1');
  assert.deepEqual(conditions.map(brief), [
    'MemoryPressure=False 1/1',
    'DiskPressure=False 1/1',
    'PIDPressure=False 1/1',
    'Ready=True 1/1',
  ]);
  assert.deepEqual(conditions.at(-1), {
    type: 'Ready',
    status: 'True',
    lastHeartbeatTime: '1',
    lastTransitionTime: '1',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  });
  assert.deepEqual(events, ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID']);
});

test('times of transitions stay while a status stays, and others keep their conditions', () => {
  const network: NodeCondition = {
    type: 'NetworkUnavailable',
    status: 'False',
    lastHeartbeatTime: '0',
    lastTransitionTime: '0',
  };
  const first = nodeConditions([network], { pressures: none, problems: ['down'] }, '1').conditions;
  const same = nodeConditions(first, { pressures: none, problems: ['down', 'and out'] }, '2');
  assert.deepEqual(same.conditions.map(brief), [
    'NetworkUnavailable=False 0/0',
    'MemoryPressure=False 2/1',
    'DiskPressure=False 2/1',
    'PIDPressure=False 2/1',
    'Ready=False 2/1',
  ]);
  assert.deepEqual(same.events, []);
  assert.equal(same.conditions.at(-1)?.message, '[down, and out]');
  const pressed = { memory: true, disk: true, pid: true };
  const changed = nodeConditions(same.conditions, { pressures: pressed, problems: [] }, '3');
  assert.deepEqual(changed.conditions.map(brief), [
    'NetworkUnavailable=False 0/0',
    'MemoryPressure=True 3/3',
    'DiskPressure=True 3/3',
    'PIDPressure=True 3/3',
    'Ready=True 3/3',
  ]);
  assert.deepEqual(changed.events, [
    'NodeHasInsufficientMemory',
    'NodeHasDiskPressure',
    'NodeHasInsufficientPID',
    'NodeReady',
  ]);
  const { events } = nodeConditions(changed.conditions, { pressures: pressed, problems: ['x'] }, '4');
  assert.deepEqual(events, ['NodeNotReady']);
});

test('what a controller set to Unknown is reported anew', () => {
  const unknown = nodeConditions([], { pressures: none, problems: [] }, '1').conditions.map((each) => ({
    ...each,
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  }));
  const { conditions, events } = nodeConditions(unknown, { pressures: none, problems: [] }, '2');
  assert.deepEqual(
    conditions.map(({ reason }) => reason),
    ['KubeletHasSufficientMemory', 'KubeletHasNoDiskPressure', 'KubeletHasSufficientPID', 'KubeletReady'],
  );
  assert.ok(events.includes('NodeReady'));
});

test('several errors as one text', () => {
  assert.equal(aggregated([]), undefined);
  assert.equal(aggregated(['a', 'a']), 'a');
  assert.equal(aggregated(['a', 'b', 'a']), '[a, b]');
});
