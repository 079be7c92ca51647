import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { asksFor, resourcesOf, withResources } from './allocated-resources.ts';
import type { ResourceRequirements } from './pod.ts';

const podWith = (
  container: ResourceRequirements,
  init: ResourceRequirements = {},
  own?: ResourceRequirements,
) =>
  testPod({
    containers: [{ name: 'c', resources: container }],
    initContainers: [{ name: 'i', resources: init }],
    ...(own && { resources: own }),
  });
const cpu = (amount: string): ResourceRequirements => ({ limits: { cpu: amount } });

test('a pod gets the resources of another version of it', () => {
  const before = podWith(cpu('1'), cpu('2'), cpu('3'));
  const after = podWith(cpu('4'), cpu('5'));
  assert.deepEqual(withResources(after, resourcesOf(before)), before);
  assert.deepEqual(withResources(before, resourcesOf(after)), after);
  assert.deepEqual(
    withResources(before, { containers: { other: cpu('9') } }).spec.containers,
    before.spec.containers,
  );
});

const differences: [
  title: string,
  one: ReturnType<typeof podWith>,
  other: ReturnType<typeof podWith>,
  same: boolean,
][] = [
  ['nothing', podWith(cpu('1')), podWith(cpu('1000m')), true],
  ['an empty list', podWith(cpu('1')), podWith({ limits: { cpu: '1' }, requests: {} }), true],
  ['an amount', podWith(cpu('1')), podWith(cpu('2')), false],
  ['a limit more', podWith({}), podWith(cpu('2')), false],
  ['a limit less', podWith(cpu('2')), podWith({}), false],
  ['another resource', podWith(cpu('1')), podWith({ limits: { memory: '1' } }), false],
  ['a request', podWith({ requests: { cpu: '1' } }), podWith({ requests: { cpu: '2' } }), false],
  ['an init container', podWith({}, cpu('1')), podWith({}, cpu('2')), false],
  ['the pod', podWith({}, {}, cpu('1')), podWith({}), false],
];
for (const [title, one, other, same] of differences) {
  test(`${title} differs`, () => {
    assert.equal(asksFor(one, resourcesOf(other)), same);
  });
}
