// Metrics and statistics of pods that run.
import assert from 'node:assert/strict';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../api/pod.ts';
import type { Kubelet } from '../kubelet.ts';
import type { PodStats, Summary } from '../stats/stats-api.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, untilGone, untilRunning } from '../testing/node.ts';

const megabyte = 1024 * 1024;

onEveryRuntime((podTest) => {
  podTest('statistics and metrics of two pods', async ({ kubelet }) => {
    const busy = shellPod(
      'busy',
      `dd if=/dev/zero of=/data/file bs=1M count=3; dd if=/dev/zero of=/layer bs=1M count=2; wget -T 1 http://203.0.113.1/; dd if=/dev/zero of=/mem/file bs=1M count=8; ${forever.replace('while true; do', 'while true; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done;')}`,
      {
        volumes: [
          { name: 'data', emptyDir: {} },
          { name: 'mem', emptyDir: { medium: 'Memory' } },
          { name: 'host', hostPath: { path: '/tmp' } },
        ],
      },
      {
        resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '32Mi' } },
        volumeMounts: [
          { name: 'data', mountPath: '/data' },
          { name: 'mem', mountPath: '/mem' },
          { name: 'host', mountPath: '/host' },
        ],
      },
    );
    const idle = shellPod('idle', `echo hello; ${forever}`, { hostNetwork: true });
    kubelet.setPods([busy, idle]);
    await untilRunning(kubelet, busy);
    await untilRunning(kubelet, idle);

    const stats = await until('the volumes are measured', async () => {
      const found = podOf(await summary(kubelet), busy);
      // containerd measures writable layers every ten seconds.
      return measured(found, 'mem') === 8 * megabyte && layerOf(found) >= 2 * megabyte ? found : undefined;
    });
    assert.deepEqual(shape(stats), podShape);
    const { node } = await summary(kubelet);
    assert.deepEqual(shape(node), nodeShape);
    assert.ok(Number(node.memory?.workingSetBytes) > Number(stats.memory?.workingSetBytes));
    assert.ok(Number(node.cpu?.usageCoreNanoSeconds) > Number(stats.cpu?.usageCoreNanoSeconds));
    const [main] = stats.containers;
    assert.ok(main);
    assert.equal(main.name, 'main');
    assert.ok(
      Number(main.memory?.workingSetBytes) > 8 * megabyte,
      'the files in memory are charged to the container',
    );
    assert.ok(Number(main.memory?.availableBytes) < 56 * megabyte);
    assert.ok(measured(stats, 'data') >= 3 * megabyte);
    assert.deepEqual(
      stats.volume?.map(({ name }) => name).sort(),
      ['data', 'mem'],
      'a hostPath is not measured',
    );
    const ephemeral = Number(stats['ephemeral-storage']?.usedBytes);
    assert.ok(ephemeral >= 5 * megabyte && ephemeral < 7 * megabyte, 'without the volume in memory');
    assert.equal(stats.network?.name, 'eth0');
    assert.ok(Number(stats.network?.txBytes) > 0, 'a packet was sent');
    assert.ok(Number(stats.process_stats?.process_count) >= 1);
    const logs = podOf(await summary(kubelet), idle).containers[0]?.logs;
    assert.ok(Number(logs?.usedBytes) > 0 && Number(logs?.inodesUsed) === 1);

    // The share is of the moment since the last look, in which a busy machine may not have run the pod.
    const later = await until('processor time goes on, and its share is told', async () => {
      const found = podOf(await summary(kubelet), busy);
      const cores = Number(found.containers[0]?.cpu?.usageNanoCores) / 1e9;
      return used(found) - used(stats) > 100_000_000 && cores > 0.01 && cores < 1 ? found : undefined;
    });
    assert.ok(
      used(later) <= Number(later.cpu?.usageCoreNanoSeconds) + 1e7,
      'a pod uses what its containers use',
    );

    const resources = await text(kubelet, '/metrics/resource');
    const seconds = series(resources, 'container_cpu_usage_seconds_total', { pod: 'busy' });
    assert.ok(seconds.length === 1 && Number(seconds[0]) >= used(later) / 1e9);
    assert.equal(series(resources, 'pod_memory_working_set_bytes', {}).length, 2);
    assert.match(resources, /^resource_scrape_error 0$/m);

    const containers = await text(kubelet, '/metrics/cadvisor');
    const ofMain = { pod: 'busy', container: 'main' };
    assert.ok(
      Number(series(containers, 'container_cpu_usage_seconds_total', ofMain)[0]) >= used(later) / 1e9,
    );
    assert.deepEqual(series(containers, 'container_spec_memory_limit_bytes', ofMain), ['6.7108864e+07']);
    assert.deepEqual(series(containers, 'container_spec_cpu_quota', ofMain), ['50000']);
    assert.ok(Number(series(containers, 'container_cpu_cfs_periods_total', ofMain)[0]) > 0);
    assert.equal(
      series(containers, 'container_network_receive_bytes_total', {
        pod: 'busy',
        interface: 'eth0',
        container: '',
      }).length,
      1,
    );
    assert.ok(Number(series(containers, 'container_memory_usage_bytes', { id: '/' })[0]) > 0);
    assert.match(containers, /^container_scrape_error 0$/m);

    const own = await text(kubelet, '/metrics');
    assert.deepEqual(series(own, 'kubelet_running_pods', {}), ['2']);
    assert.deepEqual(series(own, 'kubelet_desired_pods', { static: 'true' }), ['2']);
    assert.deepEqual(series(own, 'kubelet_started_containers_total', { container_type: 'container' }), ['2']);
    assert.deepEqual(series(own, 'kubelet_runtime_operations_total', { operation_type: 'run_podsandbox' }), [
      '2',
    ]);
    assert.deepEqual(series(own, 'kubelet_pod_start_duration_seconds_count', {}), ['2']);
    assert.deepEqual(
      series(own, 'volume_manager_total_volumes', { plugin_name: 'kubernetes.io/empty-dir' }),
      ['2', '2'],
    );

    kubelet.setPods([]);
    await untilGone(kubelet, busy);
    await untilGone(kubelet, idle);
    const after = await text(kubelet, '/metrics');
    assert.deepEqual(series(after, 'kubelet_running_pods', {}), ['0']);
    assert.deepEqual(
      series(after, 'kubelet_terminated_containers_total', {
        container_type: 'container',
        exit_code: '0',
        reason: 'Completed',
      }),
      ['2'],
    );
    assert.equal((await summary(kubelet)).pods.length, 0);
  });
});

async function text(kubelet: Kubelet, path: string): Promise<string> {
  const answer = await kubelet.observation.endpoints()[path]?.(new URLSearchParams());
  assert.ok(answer?.status === 200, `${path}: ${answer?.body}`);
  return answer.body;
}

/** The members of statistics in their order, as the real kubelet has them; those of a list are its first item's. */
function shape(value: unknown): string {
  if (Array.isArray(value)) return `[${shape(value[0])}]`;
  if (typeof value !== 'object' || value === null) return '';
  // How much swap there is left depends on the version of cgroups.
  const told = Object.entries(value).filter(([name]) => name !== 'swapAvailableBytes');
  const members = told.map(([name, member]) => `${name}${shape(member)}`);
  return `{${members.join(' ')}}`;
}

const psi = 'psi{full{total avg10 avg60 avg300} some{total avg10 avg60 avg300}}';
const cpuShape = `cpu{time usageNanoCores usageCoreNanoSeconds ${psi}}`;
const memory = (limited: string) =>
  `memory{time ${limited}usageBytes workingSetBytes rssBytes pageFaults majorPageFaults ${psi}}`;
const fs = 'time availableBytes capacityBytes usedBytes inodesFree inodes inodesUsed';
const io = `io{time ${psi}}`;
const counters = 'name rxBytes rxErrors txBytes txErrors';
const network = `network{time ${counters} interfaces[{${counters}}]}`;

const containerShape = [
  `name startTime ${cpuShape} ${memory('availableBytes ')} ${io}`,
  `rootfs{${fs}} logs{${fs}} swap{time swapUsageBytes}`,
].join(' ');

const podShape = [
  `{podRef{name namespace uid} startTime containers[{${containerShape}}]`,
  `${cpuShape} ${memory('availableBytes ')} ${io} ${network} volume[{${fs} name}] ephemeral-storage{${fs}}`,
  'process_stats{process_count} swap{time swapUsageBytes}}',
].join(' ');

const nodeShape = [
  `{nodeName systemContainers[{name startTime ${cpuShape} ${memory('availableBytes ')} ${io} swap{time swapUsageBytes}}]`,
  `startTime ${cpuShape} ${memory('availableBytes ')} ${io} ${network} fs{${fs}}`,
  `runtime{imageFs{${fs}} containerFs{${fs}}} rlimit{time maxpid curproc}`,
  'swap{time swapUsageBytes}}',
].join(' ');

/** The answer of /stats/summary, in which all numbers are numbers. */
async function summary(kubelet: Kubelet): Promise<Summary> {
  return JSON.parse(await text(kubelet, '/stats/summary')) as Summary;
}

function podOf({ pods }: Summary, { metadata }: Pod): PodStats {
  const found = pods.find(({ podRef }) => podRef.uid === metadata.uid);
  assert.ok(found, `${metadata.name} is among the pods`);
  return found;
}

function measured({ volume = [] }: PodStats, wanted: string): number {
  return Number(volume.find(({ name }) => name === wanted)?.usedBytes);
}

function layerOf({ containers: [main] }: PodStats): number {
  return Number(main?.rootfs?.usedBytes);
}

function used({ containers: [main] }: PodStats): number {
  return Number(main?.cpu?.usageCoreNanoSeconds);
}

/** Values of the series of a name that have these labels. */
function series(metrics: string, name: string, labels: Record<string, string>): string[] {
  return metrics.split('\n').flatMap((line) => {
    const [, found, text = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    const has = ([label, wanted]: [string, string]): boolean => `,${text}`.includes(`,${label}="${wanted}"`);
    return found === name && Object.entries(labels).every(has) ? [value] : [];
  });
}
