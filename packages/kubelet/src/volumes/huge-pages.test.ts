import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { volumePageSize } from './huge-pages.ts';

const podWith = (...requests: Record<string, string>[]) =>
  testPod({
    containers: requests.map((each, index) => ({ name: `c${index}`, resources: { requests: each } })),
  });
const [small, large] = [{ 'hugepages-2Mi': '4Mi' }, { 'hugepages-1Gi': '1Gi', cpu: '1' }];

test('the page size of a volume', () => {
  assert.equal(volumePageSize('HugePages', podWith(small)), 2n ** 21n);
  assert.equal(volumePageSize('HugePages', podWith({}, large, large)), 2n ** 30n);
  assert.equal(volumePageSize('HugePages-1Gi', podWith(small, large)), 2n ** 30n);
});

test('without a request, or with several sizes, there is none', () => {
  for (const [medium, pod, message] of [
    [
      'HugePages',
      podWith({}),
      'medium HugePages: hugePages storage requested, but there is no resource request for huge pages',
    ],
    [
      'HugePages-1Gi',
      podWith(small),
      'medium HugePages-1Gi: hugePages storage requested, but there is no resource request for huge pages',
    ],
    [
      'HugePages',
      podWith(small, large),
      "medium: HugePages can't be used if container requests multiple huge page sizes",
    ],
  ] as const) {
    assert.throws(() => volumePageSize(medium, pod), { message });
  }
});
