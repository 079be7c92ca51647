import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { byteQuantity, milliQuantity, podTotals } from './quantities.ts';

type Made = Partial<Container> & { name: string };
const asks = (cpu: string, memory?: string, changes: Partial<Container> = {}): Made => ({
  name: 'c',
  resources: { requests: { cpu, ...(memory && { memory }) } },
  ...changes,
});

const sidecar = { restartPolicy: 'Always' as const };

const cases: [title: string, init: Made[], regular: Made[], spec: object, total: object][] = [
  ['of nothing', [], [{ name: 'c' }], {}, {}],
  [
    'the sum of containers',
    [],
    [asks('100m', '1Gi'), asks('1', '512Mi')],
    {},
    { cpu: '1100m', memory: '1536Mi' },
  ],
  ['an init container that needs more', [asks('2')], [asks('1')], {}, { cpu: '2' }],
  ['sidecars beside the others', [asks('1', undefined, sidecar)], [asks('1')], {}, { cpu: '2' }],
  [
    'sidecars beside a later init container',
    [asks('1', undefined, sidecar), asks('3')],
    [asks('1')],
    {},
    { cpu: '4' },
  ],
  [
    'with the overhead',
    [],
    [asks('1')],
    { overhead: { cpu: '250m', memory: '1Mi' } },
    { cpu: '1250m', memory: '1Mi' },
  ],
  ['what the pod says', [], [asks('1')], { resources: { requests: { cpu: '5' } } }, { cpu: '5' }],
];
for (const [title, initContainers, containers, spec, total] of cases) {
  test(`the requests of a pod: ${title}`, () => {
    const pod = testPod({ ...spec, containers, initContainers });
    assert.deepEqual(podTotals(pod, 'requests'), total);
  });
}

test('the overhead counts for limits that there are', () => {
  const resources = { limits: { cpu: '1' } };
  const overhead = { cpu: '1', memory: '1Mi' };
  const pod = testPod({ containers: [{ name: 'c', resources }], overhead });
  assert.deepEqual(podTotals(pod, 'limits'), { cpu: '2' });
});

test('figures are written as quantities', () => {
  assert.deepEqual([milliQuantity(1500), milliQuantity(2000)], ['1500m', '2']);
  assert.deepEqual([byteQuantity(1n << 30n), byteQuantity(1000n)], ['1Gi', '1k']);
});
