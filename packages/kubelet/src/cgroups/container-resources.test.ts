import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec, ResourceRequirements } from '../api/pod.ts';
import { testCgroupNode } from '../testing/node-facts.ts';
import { testPod } from '../testing/pod.ts';
import type { CgroupSettings } from './cgroup-node.ts';
import { containerResources, oomScoreAdj } from './container-resources.ts';

function pod(...resources: ResourceRequirements[]) {
  return testPod({ containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) });
}
const both = { cpu: '1', memory: '1Gi' };

const settings: CgroupSettings = {
  cpuCfsQuota: true,
  cpuCfsQuotaPeriodUs: 100_000,
  swapBehavior: 'NoSwap',
  memoryThrottlingFactor: 0.9,
  singleProcessOomKill: false,
};
const node = testCgroupNode({ hugepageSizes: [] });

test('container resources', () => {
  const each = pod({ limits: { cpu: '5m', memory: '1Mi' } });
  const [container] = each.spec.containers;
  assert.ok(container);
  assert.deepEqual(containerResources(each, container, settings, node), {
    cpuShares: 5,
    cpuQuota: 1000,
    cpuPeriod: 100_000,
    memoryLimit: 1_048_576n,
    memorySwapLimit: 1_048_576n,
  });
  assert.deepEqual(containerResources(each, container, { ...settings, cpuCfsQuota: false }, node), {
    cpuShares: 5,
    memoryLimit: 1_048_576n,
    memorySwapLimit: 1_048_576n,
  });
});

/** The settings of the first container. */
function first(
  resources: ResourceRequirements,
  spec: Partial<Pick<PodSpec, 'resources' | 'priority'>>,
  changes: Partial<CgroupSettings>,
  ...[nodeChanges = {}]: Parameters<typeof testCgroupNode>
) {
  const each = testPod({ ...spec, containers: [{ name: 'c', resources }] });
  const [container] = each.spec.containers;
  assert.ok(container);
  return containerResources(each, container, { ...settings, ...changes }, testCgroupNode(nodeChanges));
}

test("a container without limits has its pod's", () => {
  const resources = { limits: { cpu: '2', memory: '8Mi', 'hugepages-2Mi': '4Mi' } };
  assert.deepEqual(first({}, { resources }, {}), {
    cpuShares: 2048,
    cpuQuota: 200_000,
    cpuPeriod: 100_000,
    memoryLimit: 8_388_608n,
    memorySwapLimit: 8_388_608n,
    hugepages: [{ pageSize: '2MB', limit: 4_194_304n }],
  });
  const own = { limits: { cpu: '1', memory: '1Mi', 'hugepages-2Mi': '2Mi' } };
  assert.deepEqual(first(own, { resources }, {}), {
    cpuShares: 1024,
    cpuQuota: 100_000,
    cpuPeriod: 100_000,
    memoryLimit: 1_048_576n,
    memorySwapLimit: 1_048_576n,
    hugepages: [{ pageSize: '2MB', limit: 2_097_152n }],
  });
});

const none = { 'memory.min': '0', 'memory.low': '0' };
const noSwap = { 'memory.swap.max': '0', 'memory.oom.group': '1' };
const v2: [title: string, args: Parameters<typeof first>, want: Record<string, string>][] = [
  [
    'without requests',
    [{}, {}, {}],
    // Nine tenths of the gibibyte, in whole pages.
    { ...none, ...noSwap, 'memory.high': String(966_367_641 - (966_367_641 % 4096)) },
  ],
  ['guaranteed', [{ limits: both }, {}, {}], { ...none, ...noSwap }],
  [
    'burstable',
    [{ requests: { memory: '1Mi' }, limits: { memory: '2Mi' } }, {}, {}],
    { ...none, ...noSwap, 'memory.high': String(1_992_294 - (1_992_294 % 4096)) },
  ],
  [
    'no limit of its own in a pod that has one',
    [{}, { resources: { limits: { memory: '8Mi' } } }, {}],
    { ...none, ...noSwap },
  ],
  [
    'one process at a time, without swap controller',
    [{ limits: both }, {}, { singleProcessOomKill: true }, { hasSwapController: false }],
    none,
  ],
  [
    'limited swap',
    [
      { requests: { memory: '256Mi' }, limits: { memory: '512Mi' } },
      {},
      { swapBehavior: 'LimitedSwap' },
      { swapBytes: 4096 },
    ],
    { ...none, 'memory.oom.group': '1', 'memory.swap.max': '1024', 'memory.high': '510025728' },
  ],
  [
    'limited swap for a critical pod',
    [
      { requests: { memory: '256Mi' }, limits: { memory: '512Mi' } },
      { priority: 2_000_000_000 },
      { swapBehavior: 'LimitedSwap' },
      { swapBytes: 4096 },
    ],
    { ...none, ...noSwap, 'memory.high': '510025728' },
  ],
];
for (const [title, [resources, spec, changes, more], want] of v2) {
  test(`cgroup v2: ${title}`, () => {
    const { unified } = first(resources, spec, changes, { version: 'v2', ...more });
    assert.deepEqual(unified, want);
  });
}

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

test("oom_score_adj follows what the pod requests beyond its containers, and a sidecar's the others'", () => {
  const each = testPod({
    resources: { requests: { memory: '2Gi' } },
    initContainers: [{ name: 'sidecar', restartPolicy: 'Always' }],
    containers: [{ name: 'a', resources: { requests: { memory: '1Gi' } } }],
  });
  const score = (index: number) => {
    const container = [...(each.spec.initContainers ?? []), ...each.spec.containers][index];
    assert.ok(container);
    return oomScoreAdj(each, container, 10 * 1024 ** 3);
  };
  assert.deepEqual([score(0), score(1)], [850, 850]);
});
