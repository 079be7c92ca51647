import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ContainerStats, PodSandboxMetrics, PodSandboxStats } from '@berth/cri/generated/api.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { parseNetDev } from '@berth/linux/netlink/net-dev.ts';
import { failsWith, isolated, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  const extra = 'stats:\n  includedPodMetrics: [all]\n';
  node = await TestNode.start('rt-stats', undefined, extra);
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const cgroups = detectCgroups();
const call = () => node.client.runtime;
const mebibyte = 1024 * 1024;

/** A pod with a cgroup of its own, as a kubelet makes it. */
async function runOwnPod(name: string): Promise<{ sandbox: string; cgroup: string }> {
  const cgroup = `${node.config.cgroupParent}/${name}`;
  const sandbox = await pods.runPod(name, {
    linux: { cgroupParent: cgroup, securityContext: { namespaceOptions: isolated } },
  });
  return { sandbox, cgroup };
}

async function statsOf(containerId: string): Promise<ContainerStats> {
  const { stats } = await call().containerStats({ containerId });
  assert.ok(stats !== undefined);
  return stats;
}

async function podStatsOf(podSandboxId: string): Promise<PodSandboxStats> {
  const { stats } = await call().podSandboxStats({ podSandboxId });
  assert.ok(stats !== undefined);
  return stats;
}

function within(low: bigint | number, value: bigint | undefined, high: bigint | number, what: string): void {
  assert.ok(
    value !== undefined && value >= BigInt(low) && value <= BigInt(high),
    `${what}: ${low} ≤ ${value} ≤ ${high}`,
  );
}

/** Resolves when berthd has measured a pod's layers; a request does not wait for that for long. */
async function layersMeasured(sandbox: string): Promise<void> {
  await until(async () => {
    const { podMetrics } = await call().listPodSandboxMetrics({});
    const pod = podMetrics.find(({ podSandboxId }) => podSandboxId === sandbox);
    const metrics = pod?.containerMetrics.flatMap((container) => container.metrics) ?? [];
    return metrics.some(({ name }) => name === 'container_fs_usage_bytes');
  });
}

/** berthd reads a cgroup anew when what it knows is older than half a second; no event says that it is. */
const nextInterval = () => new Promise((resolve) => setTimeout(resolve, 700));

/** Resolves when a container with a CPU quota has been asleep for longer than berthd's numbers are old. */
async function idle(cgroup: string): Promise<void> {
  await until(async () => {
    const before = cgroups.details(cgroup)?.cpu.periods;
    await nextInterval();
    return cgroups.details(cgroup)?.cpu.periods === before;
  });
}

test('CPU, memory, layer and processes of a container that uses a known amount of each', async () => {
  const { sandbox, cgroup } = await runOwnPod('known');
  const script = `dd if=/dev/zero of=/disk bs=1M count=5; mkdir /many; for i in 1 2 3 4 5 6 7; do touch /many/$i; done
    dd if=/dev/zero of=/dev/shm/memory bs=1M count=24; sync; touch /ready; timeout 30 yes >/dev/null; sleep 600`;
  const containerId = await pods.startContainer(sandbox, ['/bin/sh', '-c', script], {
    metadata: { name: 'known', attempt: 3 },
    labels: { app: 'known' },
    annotations: { note: 'x' },
    linux: {
      resources: { memoryLimitInBytes: BigInt(128 * mebibyte) },
      securityContext: { namespaceOptions: isolated },
    },
  });
  await until(async () => (await pods.shell(containerId, 'ls /ready || true')) === '/ready');
  assert.equal((await statsOf(containerId)).cpu?.usageNanoCores, undefined);
  await layersMeasured(sandbox);
  await nextInterval();
  const path = `${cgroup}/${containerId}`;
  const earlier = cgroups.usage(path);
  const first = await statsOf(containerId);
  const later = cgroups.usage(path);
  assert.ok(earlier && later);
  assert.deepEqual(first.attributes, {
    id: containerId,
    metadata: { name: 'known', attempt: 3 },
    labels: { app: 'known' },
    annotations: { note: 'x' },
  });
  within(earlier.cpuNanoseconds, first.cpu?.usageCoreNanoSeconds?.value, later.cpuNanoseconds, 'CPU time');
  within(24 * mebibyte, first.memory?.workingSetBytes?.value, 60 * mebibyte, 'working set');
  within(24 * mebibyte, first.memory?.usageBytes?.value, 128 * mebibyte, 'memory');
  assert.equal(
    (first.memory?.availableBytes?.value ?? 0n) + (first.memory?.workingSetBytes?.value ?? 0n),
    BigInt(128 * mebibyte),
  );
  within(1, first.memory?.rssBytes?.value, 20 * mebibyte, 'anonymous memory');
  within(100, first.memory?.pageFaults?.value, later.pageFaults, 'page faults');
  within(5 * mebibyte, first.writableLayer?.usedBytes?.value, 6 * mebibyte, 'layer');
  within(10, first.writableLayer?.inodesUsed?.value, 20, 'inodes');
  const { imageFilesystems, containerFilesystems } = await node.client.image.imageFsInfo({});
  assert.equal(first.writableLayer?.fsId?.mountpoint, imageFilesystems[0]?.fsId?.mountpoint);
  assert.ok((containerFilesystems[0]?.usedBytes?.value ?? 0n) >= BigInt(5 * mebibyte));
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  for (const timestamp of [first.cpu?.timestamp, first.memory?.timestamp, first.writableLayer?.timestamp]) {
    within(nowNs - 10_000_000_000n, timestamp, nowNs + 1_000_000_000n, 'timestamp');
  }

  await nextInterval();
  const second = await statsOf(containerId);
  const cpuTime =
    (second.cpu?.usageCoreNanoSeconds?.value ?? 0n) - (first.cpu?.usageCoreNanoSeconds?.value ?? 0n);
  const passed = (second.cpu?.timestamp ?? 0n) - (first.cpu?.timestamp ?? 0n);
  assert.equal(second.cpu?.usageNanoCores?.value, (cpuTime * 1_000_000_000n) / passed);
  assert.ok(cpuTime > 50_000_000n, `${cpuTime} ns of CPU time by a busy loop`);

  const pod = await podStatsOf(sandbox);
  assert.deepEqual(
    pod.linux?.containers.map(({ attributes }) => attributes?.id),
    [containerId],
  );
  within(
    second.cpu?.usageCoreNanoSeconds?.value ?? 0n,
    pod.linux?.cpu?.usageCoreNanoSeconds?.value,
    cgroups.usage(cgroup)?.cpuNanoseconds ?? 0n,
    "the pod's CPU time",
  );
  within(24 * mebibyte, pod.linux?.memory?.workingSetBytes?.value, 80 * mebibyte, "the pod's working set");
  within(1, pod.linux?.process?.processCount?.value, 5, 'processes');
  assert.equal(pod.attributes?.metadata?.name, 'known');
  const hasPressure = cgroups.version === 'v2' && earlier.cpuPressure !== undefined;
  assert.equal(pod.linux?.cpu?.psi?.Some !== undefined, hasPressure);
  assert.equal(first.memory?.psi?.Full !== undefined, hasPressure);
  assert.equal(first.io?.psi?.Some !== undefined, hasPressure);
  await pods.removePod(sandbox);
});

test('the network of a pod: as the pod itself sees it, and without a process in it too', async () => {
  const { sandbox } = await runOwnPod('network');
  const empty = await podStatsOf(sandbox);
  assert.equal(empty.linux?.network?.defaultInterface?.name, 'eth0');
  assert.equal(empty.linux?.cpu, undefined);
  const containerId = await pods.startContainer(sandbox, ['/bin/sleep', '600']);
  const { gateway } = node.network;
  await pods.shell(containerId, `ping -c 3 -i 0.1 -s 5000 ${gateway}`);
  const seen = async () => {
    const text = await pods.shell(containerId, 'cat /proc/net/dev');
    return parseNetDev(text).find(({ name }) => name === 'eth0');
  };
  const earlier = await seen();
  const network = (await podStatsOf(sandbox)).linux?.network;
  const later = await seen();
  assert.ok(earlier && later && network);
  within(earlier.rxBytes, network.defaultInterface?.rxBytes?.value, later.rxBytes, 'received');
  within(earlier.txBytes, network.defaultInterface?.txBytes?.value, later.txBytes, 'sent');
  within(15_000, network.defaultInterface?.txBytes?.value, 1_000_000, 'sent by ping');
  assert.equal(network.defaultInterface?.rxErrors?.value, 0n);
  assert.deepEqual(network.interfaces, []);
  await pods.removePod(sandbox);
});

test('lists: filters by id, short id, pod and label; streams tell the same; what has ended', async () => {
  const one = await pods.runPod('filter-one', { labels: { pod: 'one' } });
  const two = await pods.runPod('filter-two', { labels: { pod: 'two' } });
  const start = (sandbox: string, name: string) =>
    pods.startContainer(sandbox, ['/bin/sleep', '600'], {
      metadata: { name, attempt: 0 },
      labels: { name },
    });
  const [a, b, c] = [await start(one, 'a'), await start(one, 'b'), await start(two, 'c')];
  const created = await pods.makeContainer(two, ['/bin/sleep', '1'], { metadata: { name: 'd', attempt: 0 } });
  const ids = (stats: readonly (ContainerStats | PodSandboxStats)[]) =>
    stats.map(({ attributes }) => attributes?.id).sort();
  const cases: [filter: object | undefined, expected: string[]][] = [
    [undefined, [a, b, c, created]],
    [{}, [a, b, c, created]],
    [{ id: a }, [a]],
    [{ id: a.slice(0, 13) }, [a]],
    [{ podSandboxId: one.slice(0, 13) }, [a, b]],
    [{ podSandboxId: two, labelSelector: { name: 'c' } }, [c]],
    [{ id: a, podSandboxId: two }, []],
    [{ labelSelector: { name: 'nobody' } }, []],
    [{ id: 'nothing' }, []],
  ];
  for (const [filter, expected] of cases) {
    const { stats } = await call().listContainerStats({ filter });
    assert.deepEqual(ids(stats), [...expected].sort(), JSON.stringify(filter));
    const streamed = await Array.fromAsync(call().streamContainerStats({ filter }));
    assert.deepEqual(
      streamed.flatMap(({ containerStats }) => ids(containerStats)).sort(),
      [...expected].sort(),
    );
    assert.ok(streamed.every(({ containerStats }) => containerStats.length > 0));
  }
  const podCases: [filter: object | undefined, expected: string[]][] = [
    [undefined, [one, two]],
    [{ id: one.slice(0, 13) }, [one]],
    [{ labelSelector: { pod: 'two' } }, [two]],
    [{ id: one, labelSelector: { pod: 'two' } }, []],
  ];
  for (const [filter, expected] of podCases) {
    const { stats } = await call().listPodSandboxStats({ filter });
    assert.deepEqual(ids(stats), [...expected].sort(), JSON.stringify(filter));
    const streamed = await Array.fromAsync(call().streamPodSandboxStats({ filter }));
    assert.deepEqual(
      streamed.flatMap(({ podSandboxStats }) => ids(podSandboxStats)).sort(),
      [...expected].sort(),
    );
  }
  // Both pods share the default cgroup parent: each is what its own containers are together.
  const { stats } = await call().listPodSandboxStats({ filter: { id: one } });
  assert.equal(stats[0]?.linux?.process?.processCount?.value, 2n);

  const containers = await Array.fromAsync(call().streamContainers({}));
  assert.deepEqual(
    containers.flatMap((each) => each.containers.map(({ id }) => id)).sort(),
    [a, b, c, created].sort(),
  );
  const sandboxes = await Array.fromAsync(call().streamPodSandboxes({ filter: { id: one } }));
  assert.deepEqual(
    sandboxes.flatMap(({ podSandboxes }) => podSandboxes.map(({ id }) => id)),
    [one],
  );
  const images = await Array.fromAsync(node.client.image.streamImages({}));
  const listed = await node.client.image.listImages({});
  assert.deepEqual(
    images.flatMap((each) => each.images),
    listed.images,
  );

  await call().stopContainer({ containerId: a, timeout: 0n });
  const ended = await statsOf(a);
  assert.deepEqual([ended.cpu, ended.memory, ended.attributes?.id], [undefined, undefined, a]);
  assert.ok(ended.writableLayer !== undefined);
  await assert.rejects(call().containerStats({ containerId: 'nothing' }), failsWith('NOT_FOUND', /nothing/));
  await assert.rejects(
    call().podSandboxStats({ podSandboxId: 'nothing' }),
    failsWith('NOT_FOUND', /nothing/),
  );
  await call().stopPodSandbox({ podSandboxId: one });
  await assert.rejects(call().podSandboxStats({ podSandboxId: one }), failsWith('UNAVAILABLE', /not ready/));
  assert.deepEqual(ids((await call().listPodSandboxStats({})).stats), [two]);
  await pods.removePod(one);
  await pods.removePod(two);
});

test('metrics: as described, and as the kernel has them', async () => {
  const { sandbox, cgroup } = await runOwnPod('metrics');
  const containerId = await pods.startContainer(
    sandbox,
    ['/bin/sh', '-c', 'dd if=/dev/zero of=/disk bs=1M count=3; touch /ready; exec sleep 600'],
    {
      linux: {
        resources: {
          memoryLimitInBytes: BigInt(64 * mebibyte),
          cpuShares: 512n,
          cpuPeriod: 50_000n,
          cpuQuota: 25_000n,
        },
        securityContext: { namespaceOptions: isolated },
      },
    },
  );
  await until(async () => (await pods.shell(containerId, 'ls /ready || true')) === '/ready');
  await layersMeasured(sandbox);
  await idle(`${cgroup}/${containerId}`);
  const { descriptors } = await call().listMetricDescriptors({});
  const names = descriptors.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const keys = new Map(descriptors.map(({ name, labelKeys }) => [name, labelKeys]));
  assert.deepEqual(keys.get('container_blkio_device_usage_total'), [
    ...['id', 'image', 'namespace', 'pod', 'container'],
    ...['device', 'major', 'minor', 'operation'],
  ]);
  const { podMetrics } = await call().listPodSandboxMetrics({});
  const pod = podMetrics.find(({ podSandboxId }) => podSandboxId === sandbox);
  assert.ok(pod !== undefined);
  const [container] = pod.containerMetrics;
  assert.equal(container?.containerId, containerId);
  const all = [...pod.metrics, ...(container?.metrics ?? [])];
  for (const { name, labelValues } of all) assert.equal(labelValues.length, keys.get(name)?.length, name);
  assert.deepEqual(all.find(({ name }) => name === 'container_memory_rss')?.labelValues, [
    containerId,
    'localhost/berth-test/busybox:1',
    'default',
    'metrics',
    'main',
  ]);
  assert.deepEqual(all.find(({ name }) => name === 'container_network_receive_bytes_total')?.labelValues, [
    sandbox,
    '',
    'default',
    'metrics',
    'POD',
    'eth0',
  ]);
  const path = `${cgroup}/${containerId}`;
  const usage = cgroups.usage(path);
  const details = cgroups.details(path);
  assert.ok(usage && details);
  const value = (name: string) => all.find((metric) => metric.name === name)?.value?.value;
  const expected: Record<string, bigint | undefined> = {
    container_memory_rss: usage.rssBytes,
    container_memory_max_usage_bytes: details.memory.peakBytes,
    container_memory_failcnt: details.memory.limitHits,
    container_cpu_cfs_periods_total: details.cpu.periods,
    container_cpu_user_seconds_total: details.cpu.userNanoseconds / 1_000_000_000n,
    container_oom_events_total: 0n,
    container_processes: 1n,
    container_threads: 1n,
    container_sockets: 0n,
    container_spec_cpu_shares: 512n,
    container_spec_cpu_period: 50_000n,
    container_spec_cpu_quota: 25_000n,
    container_spec_memory_limit_bytes: BigInt(64 * mebibyte),
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, value(name)])), expected);
  within(3 * mebibyte, value('container_fs_usage_bytes'), 4 * mebibyte, 'layer');
  within(1, value('container_file_descriptors'), 10, 'open files');
  within(1, value('container_fs_limit_bytes'), 2n ** 60n, 'size of the file system');
  const streamed: PodSandboxMetrics[] = [];
  for await (const { podSandboxMetrics } of call().streamPodSandboxMetrics({}))
    streamed.push(...podSandboxMetrics);
  assert.deepEqual(
    streamed.map(({ podSandboxId }) => podSandboxId),
    podMetrics.map(({ podSandboxId }) => podSandboxId),
  );
  await pods.removePod(sandbox);
});

test('stats and metrics of pods that come and go never fail as a whole', async () => {
  let done = false;
  const churn = Promise.all(
    [0, 1, 2].map(async (worker) => {
      for (let round = 0; round < 3; round++) {
        const { sandbox } = await runOwnPod(`churn-${worker}-${round}`);
        if (round > 0) await pods.startContainer(sandbox, ['/bin/sleep', '600']);
        await pods.removePod(sandbox);
      }
    }),
  ).finally(() => {
    done = true;
  });
  let asked = 0;
  for (; !done; asked++) {
    await call().listPodSandboxStats({});
    await call().listContainerStats({});
    await call().listPodSandboxMetrics({});
    await node.client.image.imageFsInfo({});
  }
  await churn;
  assert.ok(asked > 0);
});

test('events: each step of a life with the status of the pod and its containers', async () => {
  const abort = new AbortController();
  const seen: string[] = [];
  let heard = false;
  const reading = assert.rejects(
    async () => {
      for await (const event of call().getContainerEvents({}, { signal: abort.signal })) {
        const { podSandboxStatus, containersStatuses, containerEventType: type } = event;
        const kind = event.containerId === podSandboxStatus?.id ? 'pod' : 'container';
        const states = containersStatuses.map(({ state, exitCode }) => `${state}/${exitCode}`).join(' ');
        assert.ok(event.createdAt > 0n);
        if (podSandboxStatus?.metadata?.name !== 'events') heard = true;
        else seen.push(`${kind} ${type} pod=${podSandboxStatus.state} [${states}]`);
      }
    },
    failsWith('CANCELLED', /./),
  );
  // The stream says nothing before its first event: pods come and go until one is heard of.
  await until(async () => {
    await pods.removePod(await pods.runPod('heard'));
    return heard;
  });
  const sandbox = await pods.runPod('events');
  const containerId = await pods.startContainer(sandbox, ['/bin/sleep', '600']);
  await call().stopContainer({ containerId, timeout: 0n });
  await call().removeContainer({ containerId });
  await call().stopPodSandbox({ podSandboxId: sandbox });
  await pods.removePod(sandbox);
  await until(() => seen.length >= 8);
  abort.abort();
  await reading;
  assert.deepEqual(seen, [
    'pod 0 pod=0 []',
    'pod 1 pod=0 []',
    'container 0 pod=0 [0/0]',
    'container 1 pod=0 [1/0]',
    'container 2 pod=0 [2/137]',
    'container 3 pod=0 []',
    'pod 2 pod=1 []',
    'pod 3 pod=1 []',
  ]);
});
