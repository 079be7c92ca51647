import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContainer, testPod } from '../testing/pod.ts';
import { containerHugepages, hugePageBytes, podHugepages } from './hugepage-limits.ts';

const limiting = (name: string, limits: Record<string, string>) =>
  testContainer({ name, resources: { limits } });

test('a container has a limit of each page size', () => {
  assert.deepEqual(containerHugepages(limiting('a', { 'hugepages-2Mi': '4Mi', cpu: '1' }), ['2MB', '1GB']), [
    { pageSize: '1GB', limit: 0n },
    { pageSize: '2MB', limit: 4n * 2n ** 20n },
  ]);
  assert.deepEqual(containerHugepages(limiting('a', {}), []), []);
});

test('a pod has the limits of its containers together, or of the largest init container', () => {
  const pod = testPod({
    initContainers: [limiting('i', { 'hugepages-2Mi': '2Mi', 'hugepages-1Gi': '1Gi' })],
    containers: [limiting('a', { 'hugepages-2Mi': '4Mi' }), limiting('b', { 'hugepages-2Mi': '2Mi' })],
  });
  assert.deepEqual(podHugepages(pod), [
    { pageSize: '2MB', limit: 6n * 2n ** 20n },
    { pageSize: '1GB', limit: 2n ** 30n },
  ]);
  assert.deepEqual(podHugepages(testPod({ containers: [{ name: 'a' }] })), []);
});

test('page sizes of resources', () => {
  assert.equal(hugePageBytes('hugepages-64Ki'), 65_536n);
  assert.equal(hugePageBytes('memory'), undefined);
  assert.equal(hugePageBytes('hugepages-'), undefined);
});
