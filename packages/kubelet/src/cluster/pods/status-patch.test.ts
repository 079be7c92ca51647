import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodStatus } from '../../api/pod.ts';
import { testPod } from '../../testing/pod.ts';
import { mayBeDeleted, statusPatch, tellsOfSandboxAlone } from './status-patch.ts';

const pod = testPod({ containers: [{ name: 'c' }] });
const facts = { mayRun: true, now: '2026-11-30T10:00:00Z' };
const condition = (type: string, status: 'True' | 'False') => ({ type, status, lastProbeTime: null });

function patch(served: PodStatus, own: PodStatus): object | undefined {
  return statusPatch({ pod, status: served, resourceVersion: '1' }, own, facts);
}

test('conditions and addresses are merged, containers replaced, for this pod only', () => {
  const served: PodStatus = {
    phase: 'Pending',
    conditions: [condition('PodScheduled', 'True'), condition('gate', 'True')],
  };
  const own: PodStatus = {
    phase: 'Running',
    conditions: [condition('PodScheduled', 'True'), condition('Ready', 'True')],
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }],
    containerStatuses: [],
  };
  assert.deepEqual(patch(served, own), {
    metadata: { uid: 'u' },
    status: {
      phase: 'Running',
      conditions: [condition('Ready', 'True')],
      '$setElementOrder/conditions': [{ type: 'gate' }, { type: 'PodScheduled' }, { type: 'Ready' }],
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
      containerStatuses: [],
    },
  });
});

test('there is no patch for a status that the server has', () => {
  const status: PodStatus = { phase: 'Running', conditions: [condition('Ready', 'True')] };
  assert.equal(patch(status, { ...status, message: undefined } as PodStatus), undefined);
});

const creating: PodStatus = {
  phase: 'Pending',
  conditions: [condition('PodReadyToStartContainers', 'False'), condition('Ready', 'False')],
};
const withSandbox: PodStatus = {
  phase: 'Pending',
  conditions: [condition('PodReadyToStartContainers', 'True'), condition('Ready', 'False')],
  podIP: '10.0.0.1',
  podIPs: [{ ip: '10.0.0.1' }],
};
const sandboxes: [what: string, served: PodStatus, own: PodStatus, alone: boolean][] = [
  ['a sandbox that is ready', creating, withSandbox, true],
  ['one that is not any more', withSandbox, creating, false],
  ['one with a container that runs', creating, { ...withSandbox, phase: 'Running' }, false],
  [
    'one with a condition',
    creating,
    {
      ...withSandbox,
      conditions: ['PodReadyToStartContainers', 'Ready'].map((type) => condition(type, 'True')),
    },
    false,
  ],
  ['a phase', creating, { ...creating, phase: 'Running' }, false],
  ['an address', { ...withSandbox, podIP: '10.0.0.2' }, withSandbox, false],
];

for (const [what, served, own, alone] of sandboxes) {
  test(`the patch for ${what} tells ${alone ? '' : 'not '}of a sandbox alone`, () => {
    assert.equal(tellsOfSandboxAlone(patch(served, own) ?? {}), alone);
  });
}

const deleted = { deletionTimestamp: '2026-11-30T10:00:00Z' };
const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
const deletions: [what: string, metadata: object, phase: string, isGone: boolean, may: boolean][] = [
  ['a deleted pod that has ended', deleted, 'Succeeded', true, true],
  ['one of which something is left', deleted, 'Failed', false, false],
  ['one whose end the server does not know', deleted, 'Running', true, false],
  ['one that nobody deletes', {}, 'Failed', true, false],
  ['a mirror pod', { ...deleted, ...mirror }, 'Failed', true, false],
];

for (const [what, metadata, phase, isGone, may] of deletions) {
  test(`${what} is ${may ? '' : 'not '}deleted for good`, () => {
    const served = { pod: testPod(pod.spec, metadata), status: { phase }, resourceVersion: '1' };
    assert.equal(mayBeDeleted(served, isGone), may);
  });
}

test('a status has the stop signals of containers that ask for one', () => {
  const asking = testPod({
    containers: [{ name: 'a', lifecycle: { stopSignal: 'SIGUSR1' } }, { name: 'b' }],
  });
  const ofContainer = (name: string, stopSignal: string) => ({
    name,
    image: 'i',
    imageID: '',
    ready: true,
    restartCount: 0,
    stopSignal,
  });
  const own: PodStatus = {
    phase: 'Running',
    containerStatuses: [ofContainer('a', 'SIGUSR1'), ofContainer('b', 'SIGTERM')],
  };
  const sent = statusPatch({ pod: asking, status: { phase: 'Running' }, resourceVersion: '1' }, own, facts);
  const { containerStatuses } = (sent as { status: PodStatus }).status;
  assert.deepEqual(
    containerStatuses?.map(({ stopSignal }) => stopSignal),
    ['SIGUSR1', undefined],
  );
});
