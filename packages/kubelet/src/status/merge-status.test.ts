import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodCondition, PodStatus } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { mergeStatus } from './merge-status.ts';

const pod = testPod({ containers: [{ name: 'c' }] });
const now = '2026-11-30T10:00:00Z';
const before = '2026-11-30T09:00:00Z';

function condition(type: string, status: 'True' | 'False', reason?: string): PodCondition {
  return { type, status, ...(reason && { reason }), lastProbeTime: null, lastTransitionTime: before };
}

/** `TYPE=STATUS(REASON)@TIME` of each condition, for what was not set before. */
function shown({ phase, reason, conditions = [] }: PodStatus): string {
  const texts = conditions.map((each) => {
    const time = each.lastTransitionTime === now ? '@now' : '';
    return `${each.type}=${each.status}${each.reason ? `(${each.reason})` : ''}${time}`;
  });
  return [phase, reason, ...texts].filter(Boolean).join(' ');
}

const ready = condition('Ready', 'True');
const disrupted = condition('DisruptionTarget', 'True', 'TerminationByKubelet');
const evicted = condition('DisruptionTarget', 'True', 'EvictionByEvictionAPI');
const gate = condition('example.com/gate', 'True');

const cases: [what: string, served: PodStatus, own: PodStatus, mayRun: boolean, merged: string][] = [
  [
    'conditions of others stay, those of the kubelet that it does not say go',
    { phase: 'Running', conditions: [gate, condition('PodResizePending', 'True')] },
    { phase: 'Running', conditions: [ready] },
    true,
    'Running example.com/gate=True Ready=True',
  ],
  [
    'a final phase waits until nothing runs',
    { phase: 'Running' },
    { phase: 'Failed', reason: 'DeadlineExceeded' },
    true,
    'Running',
  ],
  [
    'a final phase makes unready',
    { phase: 'Running', conditions: [ready] },
    { phase: 'Failed', reason: 'DeadlineExceeded', conditions: [ready] },
    false,
    'Failed DeadlineExceeded Ready=False(PodFailed)@now',
  ],
  [
    'a pod that has completed is unready since it was',
    { phase: 'Succeeded', conditions: [condition('Ready', 'False')] },
    { phase: 'Succeeded', conditions: [ready] },
    false,
    'Succeeded Ready=False(PodCompleted)',
  ],
  [
    'a disruption is told with the final phase',
    { phase: 'Running', conditions: [] },
    { phase: 'Failed', reason: 'Preempting', conditions: [disrupted] },
    false,
    'Failed Preempting DisruptionTarget=True(TerminationByKubelet)@now',
  ],
  [
    'a disruption is not told before',
    { phase: 'Running' },
    { phase: 'Failed', conditions: [disrupted] },
    true,
    'Running',
  ],
  [
    'a disruption by others stays',
    { phase: 'Running', conditions: [evicted] },
    { phase: 'Running', conditions: [] },
    true,
    'Running DisruptionTarget=True(EvictionByEvictionAPI)',
  ],
  [
    'what others say of the phase stays as long as the phase',
    { phase: 'Failed', reason: 'Evicted' },
    { phase: 'Failed' },
    false,
    'Failed Evicted',
  ],
  ['and goes with it', { phase: 'Pending', reason: 'Unschedulable' }, { phase: 'Running' }, true, 'Running'],
];

for (const [what, served, own, mayRun, merged] of cases) {
  test(what, () => assert.equal(shown(mergeStatus(pod, served, own, { mayRun, now })), merged));
}

test('fields of others are as the server has them', () => {
  const served: PodStatus = {
    phase: 'Running',
    nominatedNodeName: 'n',
    resourceClaimStatuses: [{ name: 'c' }],
  };
  const own: PodStatus = { phase: 'Running', resize: 'Proposed' };
  assert.deepEqual(mergeStatus(pod, served, own, { mayRun: true, now }), {
    phase: 'Running',
    nominatedNodeName: 'n',
    resourceClaimStatuses: [{ name: 'c' }],
    reason: undefined,
    message: undefined,
  });
});
