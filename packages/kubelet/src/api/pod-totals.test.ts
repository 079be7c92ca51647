import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { podRequests } from './pod-totals.ts';

/** Containers by their CPU request; a sidecar has `s` before it. */
const cases: [init: string, regular: string, total: number][] = [
  ['', '1 2', 3],
  ['2', '1', 2],
  ['2', '1 2', 3],
  ['s2', '1', 3],
  ['s2 s1', '1', 4],
  ['s2 5', '1', 7],
  ['5 s2', '1', 5],
  ['s1 3 s1', '1', 4],
  ['s1 3 s1', '3', 5],
];
for (const [init, regular, total] of cases) {
  test(`${init || 'no init containers'}, then ${regular}: ${total}`, () => {
    const containers = (text: string) =>
      (text === '' ? [] : text.split(' ')).map((each, index) => ({
        name: `${index}`,
        resources: { requests: { cpu: each.replace('s', '') } },
        ...(each.startsWith('s') ? { restartPolicy: 'Always' as const } : {}),
      }));
    const pod = testPod({ initContainers: containers(init), containers: containers(regular) });
    const sum = Number(podRequests(pod, { overhead: false }).get('cpu') ?? 0n) / 1e9;
    assert.equal(sum, total);
  });
}
