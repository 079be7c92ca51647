import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceRequirements } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { podCgroup, qosCgroup, uidOfCgroup } from './cgroup-names.ts';
import {
  type CgroupLimits,
  containerResources,
  milliCpuToQuota,
  milliCpuToShares,
  oomScoreAdj,
  podResources,
} from './pod-resources.ts';
import { type QosClass, qosClass } from './qos-class.ts';

const names: [root: string, driver: 'cgroupfs' | 'systemd', qos: QosClass, path: string][] = [
  ['/', 'cgroupfs', 'Guaranteed', '/kubepods/poda-b'],
  ['/', 'cgroupfs', 'Burstable', '/kubepods/burstable/poda-b'],
  ['/', 'cgroupfs', 'BestEffort', '/kubepods/besteffort/poda-b'],
  ['/test', 'cgroupfs', 'Burstable', '/test/kubepods/burstable/poda-b'],
  ['/', 'systemd', 'Guaranteed', '/kubepods.slice/kubepods-poda_b.slice'],
  ['/', 'systemd', 'Burstable', '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-poda_b.slice'],
  [
    '/test',
    'systemd',
    'BestEffort',
    '/test.slice/test-kubepods.slice/test-kubepods-besteffort.slice/test-kubepods-besteffort-poda_b.slice',
  ],
];
for (const [root, driver, qos, path] of names) {
  test(`${driver} names a ${qos} pod below ${root} ${path}`, () => {
    assert.equal(podCgroup(root, driver, qos, 'a-b'), path);
    assert.equal(uidOfCgroup(driver, path.split('/').at(-1) ?? ''), 'a-b');
    assert.equal(uidOfCgroup(driver, qosCgroup(root, driver, qos).split('/').at(-1) ?? ''), undefined);
  });
}

function pod(...resources: ResourceRequirements[]) {
  return testPod({ containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) });
}
const both = { cpu: '1', memory: '1Gi' };

const classes: [title: string, resources: ResourceRequirements[], qos: QosClass][] = [
  ['nothing', [{}], 'BestEffort'],
  ['requests of 0', [{ requests: { cpu: '0' } }], 'BestEffort'],
  ['limits only', [{ limits: both }], 'Guaranteed'],
  [
    'limits equal to requests',
    [{ limits: both, requests: { cpu: '1000m', memory: '1024Mi' } }],
    'Guaranteed',
  ],
  ['one container without', [{ limits: both }, {}], 'Burstable'],
  ['less requested', [{ limits: both, requests: { cpu: '1', memory: '1' } }], 'Burstable'],
  ['only CPU limited', [{ limits: { cpu: '1' } }], 'Burstable'],
  ['only requests', [{ requests: both }], 'Burstable'],
];
for (const [title, resources, qos] of classes) {
  test(`QoS of ${title}: ${qos}`, () => assert.equal(qosClass(pod(...resources)), qos));
}

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
