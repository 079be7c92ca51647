import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { deviceNeeds, needsDevices, reusableDevices } from './device-needs.ts';

const isManaged = (name: string) => name === 'r/a' || name === 'r/b';
const limits = (amounts: Record<string, string>) => ({ resources: { limits: amounts } });

test('a container needs what it is limited to of the resources of plugins', () => {
  const needs = deviceNeeds(limits({ cpu: '1', 'r/a': '2', 'r/b': '0', 'r/c': '3' }), isManaged);
  assert.deepEqual([...needs], [['r/a', 2]]);
  assert.equal(
    needsDevices(testPod({ containers: [{ name: 'c', ...limits({ 'r/c': '1' }) }] }), isManaged),
    false,
  );
  const inInit = testPod({
    containers: [{ name: 'c' }],
    initContainers: [{ name: 'i', ...limits({ 'r/b': '1' }) }],
  });
  assert.equal(needsDevices(inInit, isManaged), true);
});

test('init containers pass their devices on, and sidecars keep theirs', () => {
  const pod = testPod({
    initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }, { name: 'j' }],
    containers: [{ name: 'c' }, { name: 'd' }],
  });
  const cases: [held: Record<string, string>, name: string, reusable: string][] = [
    [{ i: 'ab' }, 'i', ''],
    [{ i: 'ab' }, 's', 'ab'],
    [{ i: 'ab', s: 'a' }, 'j', 'b'],
    [{ i: 'ab', s: 'a', j: 'bc' }, 'c', 'bc'],
    [{ i: 'ab', s: 'a', j: 'bc', c: 'b' }, 'd', 'c'],
  ];
  for (const [held, name, reusable] of cases) {
    const found = reusableDevices(pod, name, (container) => new Set(held[container] ?? ''));
    assert.equal([...found].join(''), reusable, name);
  }
});
