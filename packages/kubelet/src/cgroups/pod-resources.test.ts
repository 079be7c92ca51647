import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceRequirements } from '../api/pod.ts';
import { testCgroupNode } from '../testing/node-facts.ts';
import { testPod } from '../testing/pod.ts';
import {
  type CgroupLimits,
  milliCpuToQuota,
  milliCpuToShares,
  overheadResources,
  podResources,
  sandboxResources,
} from './pod-resources.ts';

function pod(...resources: ResourceRequirements[]) {
  return testPod({ containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) });
}

const settings = { cpuCfsQuota: true, cpuCfsQuotaPeriodUs: 100_000, memoryThrottlingFactor: 0.9 };
const node = testCgroupNode({ hugepageSizes: [] });
const limits: [title: string, resources: ResourceRequirements[], want: CgroupLimits][] = [
  ['best effort', [{}], { cpuShares: 2 }],
  ['requests only', [{ requests: { cpu: '250m' } }], { cpuShares: 256 }],
  [
    'guaranteed',
    [{ limits: { cpu: '500m', memory: '64Mi' } }],
    { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimit: 67_108_864n },
  ],
  [
    'a sum of limits',
    [{ limits: { cpu: '1', memory: '1Mi' } }, { limits: { cpu: '1', memory: '2Mi' } }],
    { cpuShares: 2048, cpuQuota: 200_000, cpuPeriod: 100_000, memoryLimit: 3_145_728n },
  ],
  [
    'one container without a CPU limit',
    [{ limits: { cpu: '1', memory: '1Mi' } }, { limits: { memory: '2Mi' } }],
    { cpuShares: 1024, memoryLimit: 3_145_728n },
  ],
];
for (const [title, resources, want] of limits) {
  test(`pod cgroup of ${title}`, () =>
    assert.deepEqual(podResources(pod(...resources), settings, node), want));
}

test('an init container that needs more than the others together counts alone', () => {
  const each = testPod({
    containers: [{ name: 'a', resources: { requests: { cpu: '100m' } } }],
    initContainers: ['1', '10m'].map((cpu, index) => ({
      name: `i${index}`,
      resources: { requests: { cpu } },
    })),
  });
  assert.equal(podResources(each, settings, node).cpuShares, 1024);
});

test('shares and quotas stay within the bounds of the kernel', () => {
  assert.deepEqual([0, 1, 2, 1000, 300_000].map(milliCpuToShares), [2, 2, 2, 1024, 262_144]);
  assert.deepEqual(
    [0, 1, 10, 1500].map((each) => milliCpuToQuota(each, 100_000)),
    [0, 1000, 1000, 150_000],
  );
});

test('overhead is added to the pod, and told apart to the runtime', () => {
  const each = testPod({
    containers: [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Mi' } } }],
    overhead: { cpu: '250m', memory: '2Mi' },
  });
  const cpuPeriod = 100_000;
  assert.deepEqual(podResources(each, settings, node), {
    cpuShares: 768,
    cpuQuota: 75_000,
    cpuPeriod,
    memoryLimit: 3_145_728n,
  });
  assert.deepEqual(sandboxResources(each, settings), {
    cpuShares: 512,
    cpuQuota: 50_000,
    cpuPeriod,
    memoryLimit: 1_048_576n,
  });
  assert.deepEqual(overheadResources(each, settings), {
    cpuShares: 256,
    cpuQuota: 25_000,
    cpuPeriod,
    memoryLimit: 2_097_152n,
  });
  assert.equal(overheadResources(pod({}), settings), undefined);
});

test("a pod's own resources go before those of its containers", () => {
  const each = testPod({
    containers: [{ name: 'a', resources: { requests: { cpu: '100m', memory: '1Mi' } } }, { name: 'b' }],
    resources: {
      requests: { cpu: '500m', memory: '4Mi' },
      limits: { cpu: '1', memory: '8Mi', 'hugepages-2Mi': '4Mi' },
    },
  });
  assert.deepEqual(podResources(each, settings, testCgroupNode({ version: 'v2' })), {
    cpuShares: 512,
    cpuQuota: 100_000,
    cpuPeriod: 100_000,
    memoryLimit: 8_388_608n,
    // Only requests of huge pages count, which have to be as much as the limits.
    hugepages: [{ pageSize: '2MB', limit: 0n }],
    unified: { 'memory.high': String(7_969_177 - (7_969_177 % 4096)) },
  });
});

test('huge pages that are not requested are none', () => {
  const huge = { 'hugepages-2Mi': '6Mi', memory: '1Mi', cpu: '1' };
  const limitsOf = (resources: ResourceRequirements) =>
    podResources(pod(resources), settings, testCgroupNode()).hugepages;
  assert.deepEqual(limitsOf({ limits: huge }), [{ pageSize: '2MB', limit: 6_291_456n }]);
  assert.deepEqual(limitsOf({}), [{ pageSize: '2MB', limit: 0n }]);
  const sizes = podResources(pod({}), settings, testCgroupNode({ hugepageSizes: ['1GB', '64KB', '2MB'] }));
  assert.deepEqual(
    sizes.hugepages?.map(({ pageSize }) => pageSize),
    ['64KB', '2MB', '1GB'],
  );
});

test('a sidecar counts for as long as the pod runs', () => {
  const cpu = (amount: string) => ({ requests: { cpu: amount } });
  const each = testPod({
    initContainers: [
      { name: 'first', resources: cpu('700m') },
      { name: 'sidecar', restartPolicy: 'Always', resources: cpu('500m') },
      { name: 'second', resources: cpu('600m') },
    ],
    containers: [{ name: 'a', resources: cpu('400m') }],
  });
  // The second init container runs beside the sidecar: more than the regular container does.
  assert.equal(podResources(each, settings, node).cpuShares, milliCpuToShares(1100));
});
