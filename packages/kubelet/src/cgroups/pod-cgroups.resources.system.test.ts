// What requests and limits become: files of real cgroups, and what a container sees of them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { cpuWeight } from '@berth/linux/cgroups/v2-files.ts';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, startTestNode, type TestNode, untilRunning } from '../testing/node.ts';
import { endAll, logOf } from '../testing/remains.ts';
import { podCgroup, qosCgroup } from './cgroup-names.ts';
import { milliCpuToShares } from './pod-resources.ts';
import type { QosClass } from './qos-class.ts';

const mib = 1024 ** 2;

interface Limits {
  cpuShares: number;
  cpuQuota: number;
  memory: number;
}

/** What the files of a cgroup say, in cgroup v1's units; -1 for no limit. */
function limitsOf(path: string): Limits {
  const cgroups = detectCgroups();
  const read = (controller: string, file: string): string =>
    readFileSync(join(cgroups.directory(path, controller) ?? '', file), 'utf8').trim();
  const bound = (text: string): number => (text === 'max' || Number(text) > 2 ** 60 ? -1 : Number(text));
  if (cgroups.version !== 'v2') {
    return {
      cpuShares: Number(read('cpu', 'cpu.shares')),
      cpuQuota: Number(read('cpu', 'cpu.cfs_quota_us')),
      memory: bound(read('memory', 'memory.limit_in_bytes')),
    };
  }
  return {
    cpuShares: Number(read('cpu', 'cpu.weight')),
    cpuQuota: bound(read('cpu', 'cpu.max').split(' ')[0] ?? ''),
    memory: bound(read('memory', 'memory.max')),
  };
}

/** What they have to say. */
function wanted({ cpuShares, cpuQuota, memory }: Limits): Limits {
  const isV2 = detectCgroups().version === 'v2';
  return { cpuShares: isV2 ? cpuWeight(cpuShares) : cpuShares, cpuQuota, memory };
}

function podLimits(node: TestNode, pod: Pod, qos: QosClass): Limits {
  const { cgroupRoot, cgroupDriver } = node.options;
  return limitsOf(podCgroup(cgroupRoot, cgroupDriver, qos, pod.metadata.uid));
}

/** Prints the limits that the container's own cgroup shows, and its oom_score_adj. */
const ownLimits = [
  'cat /proc/self/oom_score_adj',
  'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null',
  // Only cgroup v2 has them.
  'cat /sys/fs/cgroup/memory.oom.group /sys/fs/cgroup/memory.high 2>/dev/null',
  forever,
].join('; ');

/** Whether this process has CAP_SYS_RESOURCE. */
function mayLowerScores(): boolean {
  const [, capabilities = '0'] =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (BigInt(`0x${capabilities}`) & (1n << 24n)) !== 0n;
}

onEveryRuntime((podTest) => {
  podTest('overhead, own resources of pods, and huge pages', async ({ node, kubelet }) => {
    const limits = { cpu: '200m', memory: '64Mi' };
    const withOverhead = shellPod(
      'overhead',
      ownLimits,
      { overhead: { cpu: '100m', memory: '32Mi' } },
      { resources: { limits, requests: limits } },
    );
    const own = shellPod('own', ownLimits, {
      resources: { requests: { cpu: '300m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } },
    });
    const huge = shellPod(
      'huge',
      forever,
      {},
      { resources: { limits: { 'hugepages-2Mi': '0', cpu: '100m' }, requests: { cpu: '100m' } } },
    );
    const pods = [withOverhead, own, huge];
    kubelet.setPods(pods);
    for (const pod of pods) await untilRunning(kubelet, pod);

    assert.deepEqual(
      podLimits(node, withOverhead, 'Guaranteed'),
      wanted({ cpuShares: milliCpuToShares(300), cpuQuota: 30_000, memory: 96 * mib }),
    );
    const lines = detectCgroups().version === 'v2' ? 5 : 3;
    await until('it logged', () => logOf(node, withOverhead).split('\n').length >= lines);
    // An OOM kill ends the whole container, and a guaranteed one is not slowed down before.
    const ofV2 = detectCgroups().version === 'v2' ? ['1', 'max'] : [];
    // Not everywhere may a test lower the score below that of its own process.
    const [, ...seen] = logOf(node, withOverhead).trim().split('\n');
    assert.deepEqual(seen, [String(64 * mib), ...ofV2]);

    assert.deepEqual(
      podLimits(node, own, 'Burstable'),
      wanted({ cpuShares: milliCpuToShares(300), cpuQuota: 100_000, memory: 128 * mib }),
    );
    await until('it logged', () => logOf(node, own).split('\n').length >= lines);
    const [score, memory] = logOf(node, own).trim().split('\n');
    // The container has all that its pod requests.
    const expected = 1000 - Math.floor((1000 * 64 * mib) / totalmem());
    assert.equal(score, String(Math.min(999, expected)));
    assert.equal(memory, String(128 * mib));

    const cgroups = detectCgroups();
    const { cgroupRoot, cgroupDriver } = node.options;
    const ownPath = podCgroup(cgroupRoot, cgroupDriver, 'Burstable', own.metadata.uid);
    const high = join(cgroups.directory(ownPath, 'memory') ?? '', 'memory.high');
    // Nine tenths of the way from request to limit, in whole pages.
    if (cgroups.version === 'v2')
      assert.equal(Number(readFileSync(high, 'utf8')), Math.floor((121.6 * mib) / 4096) * 4096);
    const path = podCgroup(cgroupRoot, cgroupDriver, 'Burstable', huge.metadata.uid);
    const hugeLimit = (cgroup: string): string | undefined => {
      const directory = cgroups.directory(cgroup, 'hugetlb') ?? '';
      const files = ['hugetlb.2MB.limit_in_bytes', 'hugetlb.2MB.max'].map((file) => join(directory, file));
      const file = files.find((each) => existsSync(each));
      return file && readFileSync(file, 'utf8').trim();
    };
    // All pods together have no limit, each one has.
    const ofAll = hugeLimit(qosCgroup(cgroupRoot, cgroupDriver, 'Guaranteed'));
    if (ofAll !== undefined) assert.deepEqual([ofAll, hugeLimit(path)], [String(2n ** 62n), '0']);
    await endAll(node, kubelet, ...pods);
  });

  podTest(
    'a pod that the node cannot do without is the last that memory is taken from',
    async ({ node, kubelet }) => {
      const pod = shellPod('critical', ownLimits, {
        priority: 2_000_001_000,
        priorityClassName: 'system-node-critical',
      });
      kubelet.setPods([pod]);
      await untilRunning(kubelet, pod);
      const score = await until('it logged', () => logOf(node, pod).split('\n')[0]);
      // Without CAP_SYS_RESOURCE nobody may lower it below its own, which a runtime knows as 0 or 1.
      if (mayLowerScores()) assert.equal(score, '-997');
      else assert.ok(Number(score) <= 1, score);
      await endAll(node, kubelet, pod);
    },
  );
});

test('all pods together have what the node does not reserve', async () => {
  await using node = await startTestNode('berthd');
  const reservations = {
    systemReserved: { cpu: '100m', memory: '128Mi' },
    kubeReserved: { memory: '128Mi' },
    evictionHard: { 'memory.available': '100Mi' },
  };
  const { cgroupRoot, cgroupDriver } = node.options;
  const kubepods = qosCgroup(cgroupRoot, cgroupDriver, 'Guaranteed');
  const run = async (enforceNodeAllocatable: boolean): Promise<number> => {
    const kubelet = node.kubelet({ reservations, enforceNodeAllocatable });
    const pod = shellPod(
      'any',
      `echo $MEMORY; ${forever}`,
      {},
      {
        env: [
          { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1' } } },
        ],
      },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    // What a container without a limit can use at most is what pods can request.
    const seen = await until('it logged', () => Number(logOf(node, pod)) || undefined);
    assert.equal(seen, totalmem() - 356 * mib);
    const { memory } = limitsOf(kubepods);
    await endAll(node, kubelet, pod);
    await kubelet.stop();
    return memory;
  };
  const pages = (bytes: number): number => Math.floor(bytes / 4096);
  assert.equal(pages(await run(true)), pages(totalmem() - 256 * mib));
  assert.equal(pages(await run(false)), pages(totalmem()));
});
