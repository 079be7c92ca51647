import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceRequirements } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import {
  type CgroupLimits,
  containerResources,
  milliCpuToQuota,
  milliCpuToShares,
  oomScoreAdj,
  podResources,
} from './pod-resources.ts';

function pod(...resources: ResourceRequirements[]) {
  return testPod({ containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) });
}
const both = { cpu: '1', memory: '1Gi' };

const settings = { cpuCfsQuota: true, cpuCfsQuotaPeriodUs: 100_000 };
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
  test(`pod cgroup of ${title}`, () => assert.deepEqual(podResources(pod(...resources), settings), want));
}

test('an init container that needs more than the others together counts alone', () => {
  const each = testPod({
    containers: [{ name: 'a', resources: { requests: { cpu: '100m' } } }],
    initContainers: ['1', '10m'].map((cpu, index) => ({
      name: `i${index}`,
      resources: { requests: { cpu } },
    })),
  });
  assert.equal(podResources(each, settings).cpuShares, 1024);
});

test('container resources', () => {
  const [container] = pod({ limits: { cpu: '5m', memory: '1Mi' } }).spec.containers;
  assert.ok(container);
  assert.deepEqual(containerResources(container, settings), {
    cpuShares: 5,
    cpuQuota: 1000,
    cpuPeriod: 100_000,
    memoryLimit: 1_048_576n,
  });
  assert.deepEqual(containerResources(container, { ...settings, cpuCfsQuota: false }), {
    cpuShares: 5,
    memoryLimit: 1_048_576n,
  });
});

test('shares and quotas stay within the bounds of the kernel', () => {
  assert.deepEqual([0, 1, 2, 1000, 300_000].map(milliCpuToShares), [2, 2, 2, 1024, 262_144]);
  assert.deepEqual(
    [0, 1, 10, 1500].map((each) => milliCpuToQuota(each, 100_000)),
    [0, 1000, 1000, 150_000],
  );
});

const scores: [resources: ResourceRequirements, score: number][] = [
  [{}, 1000],
  [{ limits: both }, -997],
  [{ requests: { memory: '1Gi' } }, 900],
  [{ requests: { memory: '10Gi' } }, 3],
  [{ requests: { cpu: '1' } }, 999],
];
for (const [resources, score] of scores) {
  test(`oom_score_adj of ${JSON.stringify(resources)} on 10 GiB: ${score}`, () => {
    const each = pod(resources);
    const [container] = each.spec.containers;
    assert.ok(container);
    assert.equal(oomScoreAdj(each, container, 10 * 1024 ** 3), score);
  });
}
