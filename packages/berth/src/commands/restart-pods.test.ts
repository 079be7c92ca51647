import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { restartProgress } from './restart-pods.ts';

const pod = (containerID: string | undefined, more: object = {}): v1.Pod => ({
  metadata: { uid: 'u', ...more },
  spec: { containers: [{ name: 'a' }] },
  status: {
    phase: containerID === undefined ? 'Pending' : 'Running',
    conditions: containerID === undefined ? [] : [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      {
        name: 'a',
        image: '',
        imageID: '',
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-11-30T00:00:00Z' } },
        ...(containerID && { containerID }),
      },
    ],
  },
});

const cases: [what: string, now: v1.Pod[], state: string][] = [
  ['the former container is there', [pod('old')], 'waiting'],
  ['the pod is ending', [pod('old', { deletionTimestamp: '2026-11-30T00:00:00Z' })], 'waiting'],
  ['the kubelet does not list it', [], 'waiting'],
  ['it has no container yet', [pod(undefined)], 'waiting'],
  ['a new container is ready', [pod('new')], 'done'],
];
for (const [what, now, state] of cases) {
  test(`a restart is ${state} while ${what}`, () => {
    assert.equal(restartProgress(pod('old'), now, Date.parse('2026-11-30T01:00:00Z')).state, state);
  });
}
