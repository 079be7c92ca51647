import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import type { Pod } from '../../api/pod.ts';
import type { CgroupNode, CgroupSettings } from '../../cgroups/cgroup-node.ts';
import { podResources } from '../../cgroups/pod-resources.ts';
import { sizesOf, unknownSizes } from '../../cgroups/sizes.ts';
import { redirectLog } from '../../klog/klog.ts';
import { testPod } from '../../testing/pod.ts';
import { runtimeStatus } from '../../testing/runtime-status.ts';
import { podActions } from '../actions/pod-actions.ts';
import { type ResizePodPorts, resizePodEffect } from './resize-pod.ts';
import { firstView } from './view.ts';

const mib = 1024n ** 2n;
const settings: CgroupSettings = {
  cpuCfsQuota: true,
  cpuCfsQuotaPeriodUs: 100_000,
  swapBehavior: 'NoSwap',
  memoryThrottlingFactor: 0.9,
  singleProcessOomKill: true,
};
const node: CgroupNode = {
  version: 'v1',
  hasSwapController: false,
  hugepageSizes: [],
  memoryBytes: 2 ** 30,
  swapBytes: 0,
  allocatableMemoryBytes: 2 ** 30,
  pageBytes: 4096,
};

/** Limits of containers a and b, of CPU in thousandths of a core and of memory in MiB. */
function podWith(a: [cpu: number, memory: number], b: [cpu: number, memory: number]): Pod {
  const limits = ([cpu, memory]: [number, number]) => {
    const list = { cpu: `${cpu}m`, memory: `${memory}Mi` };
    return { limits: list, requests: list };
  };
  return testPod({
    containers: [
      { name: 'a', image: 'image-a', resources: limits(a) },
      { name: 'b', image: 'image-b', resources: limits(b) },
    ],
  });
}

interface World {
  /** Bytes of memory that the pod and each of its containers use. */
  used?: bigint;
  /** What calls fail, by a part of what they are noted as. */
  fails?: Record<string, Error>;
}

/** The calls of a resize, and its outcome. */
async function resize(from: Pod, to: Pod, { used = 0n, fails = {} }: World = {}) {
  const calls: string[] = [];
  const note = async (call: string): Promise<void> => {
    const failure = Object.entries(fails).find(([part]) => call.includes(part))?.[1];
    if (failure) throw failure;
    calls.push(call);
  };
  const { memoryLimit, cpuShares, cpuQuota } = podResources(from, settings, node);
  const ports: ResizePodPorts = {
    runtime: {
      containerStats: async () => ({ stats: { memory: { usageBytes: { value: used } } } }) as never,
      updateContainerResources: async ({ containerId, linux }) => {
        const memory = BigInt(linux?.memoryLimitInBytes ?? 0) / mib;
        await note(`${containerId} ${linux?.cpuQuota}/${memory}Mi`);
        return {};
      },
      updatePodSandboxResources: async () => {
        await note('tell');
        return {};
      },
    },
    cgroups: {
      sizes: (pod) => ({
        present: { cpuShares, cpuQuota, memoryLimit },
        wanted: podResources(pod, settings, node),
        usedBytes: used,
      }),
      resize: async (_pod, changes) => {
        await note(`pod ${Object.keys(changes).join('+')}`);
      },
    },
    cgroupNode: node,
    options: settings,
  };
  const actuated = sizesOf(from);
  const status = runtimeStatus('up', 'a:run b:run');
  const context = { backOff: () => undefined, probes: { result: () => undefined }, actuated, end: undefined };
  const [step] = podActions(to, status, context);
  assert.ok(step?.do === 'resize-pod');
  const state = { waiting: new Map(), restartCounts: new Map(), resize: { actuated, error: undefined } };
  const view = firstView(to, status, state, [step]);
  const restore = redirectLog(() => {});
  const outcome = await resizePodEffect(ports)(step, view, new AbortController().signal);
  restore();
  assert.ok(outcome.result === 'pod-resized');
  return { calls: calls.filter((call) => call !== 'tell'), told: calls.includes('tell'), ...outcome };
}

test('a pod that grows grows before its containers', async () => {
  const [from, to] = [podWith([100, 10], [100, 10]), podWith([200, 10], [100, 20])];
  const { calls, told, actuated, error } = await resize(from, to);
  assert.deepEqual(calls, [
    'pod memoryLimit',
    'b0 10000/20Mi',
    'pod cpuQuota+cpuPeriod',
    'pod cpuShares',
    'a0 20000/10Mi',
  ]);
  assert.deepEqual([told, actuated, error], [true, sizesOf(to), undefined]);
});

test('a pod that shrinks shrinks after its containers', async () => {
  const [from, to] = [podWith([200, 20], [200, 20]), podWith([100, 20], [200, 10])];
  const { calls, actuated } = await resize(from, to, { used: 5n * mib });
  assert.deepEqual(calls, [
    'b0 20000/10Mi',
    'pod memoryLimit',
    'a0 10000/20Mi',
    'pod cpuShares',
    'pod cpuQuota+cpuPeriod',
  ]);
  assert.deepEqual(actuated, sizesOf(to));
});

test('one that changes both has each changed by itself', async () => {
  const [from, to] = [podWith([100, 10], [100, 10]), podWith([200, 20], [100, 10])];
  const { calls } = await resize(from, to);
  assert.deepEqual(
    calls.filter((call) => call.startsWith('a0')),
    ['a0 10000/20Mi', 'a0 20000/20Mi'],
  );
});

test('memory that is used is not taken away', async () => {
  const [from, to] = [podWith([100, 20], [100, 20]), podWith([100, 10], [100, 20])];
  const { calls, error, actuated } = await resize(from, to, { used: 30n * mib });
  assert.deepEqual(calls, []);
  assert.equal(
    error,
    'cannot decrease memory limits: [attempting to set pod memory limit (31457280) below current usage (31457280), attempting to set container "a" memory limit (10485760) below current usage (31457280)]',
  );
  assert.deepEqual(actuated, { ...sizesOf(from), pod: unknownSizes });
  const other = await resize(from, to, { used: 10n * mib });
  assert.equal(
    other.error,
    'cannot decrease memory limits: attempting to set container "a" memory limit (10485760) below current usage (10485760)',
  );
});

test('what is done before a failure is not done again', async () => {
  const [from, to] = [podWith([100, 10], [100, 10]), podWith([200, 20], [100, 10])];
  const fails = { 'a0 20000': new CriError('INTERNAL', 'no') };
  const { calls, error, actuated } = await resize(from, to, { fails });
  assert.equal(calls.at(-1), 'pod cpuShares');
  assert.equal(error, 'rpc error: code = Internal desc = no');
  const half = sizesOf(podWith([100, 20], [100, 10]));
  assert.deepEqual(actuated, { containers: half.containers, pod: unknownSizes });
});

test('a runtime does not have to know of the resources of sandboxes', async () => {
  const [from, to] = [podWith([100, 10], [100, 10]), podWith([200, 10], [100, 10])];
  for (const failure of [
    new CriError('UNIMPLEMENTED', 'x'),
    new CriError('UNKNOWN', 'not implemented yet'),
  ]) {
    const { error, told } = await resize(from, to, { fails: { tell: failure } });
    assert.deepEqual([error, told], [undefined, false]);
  }
  const refused = await resize(from, to, { fails: { tell: new CriError('INTERNAL', 'no') } });
  assert.deepEqual([refused.calls, refused.error], [[], 'rpc error: code = Internal desc = no']);
});
