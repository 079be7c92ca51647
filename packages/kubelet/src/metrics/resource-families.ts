// /metrics/resource: processor time and memory of the node, pods and containers. Pure.
import type { Instant } from '../stats/instant.ts';
import type { ContainerStats, PodStats, Summary } from '../stats/stats-api.ts';
import { labelText, type MetricFamily, type Sample } from './exposition.ts';

type Timed<Value> = { time: Instant; value: Value | undefined } | undefined;

/** The families of a summary; undefined when it could not be collected. */
export function resourceFamilies(summary: Summary | undefined): MetricFamily[] {
  const errors = {
    name: 'resource_scrape_error',
    help: '1 when the usage could not be read, else 0.',
    type: 'gauge' as const,
    samples: [{ labels: '', value: summary === undefined ? 1 : 0 }],
  };
  return summary === undefined ? [errors] : [errors, ...usageFamilies(summary)];
}

function usageFamilies({ node, pods }: Summary): MetricFamily[] {
  const containers = pods.flatMap((pod) =>
    pod.containers.map((stats) => ({ labels: containerLabels(pod, stats), stats })),
  );
  const ofContainers = (pick: (stats: ContainerStats) => Timed<number>): Sample[] =>
    containers.flatMap(({ labels, stats }) => sample(labels, pick(stats)));
  const ofPods = (pick: (stats: PodStats) => Timed<number>): Sample[] =>
    pods.flatMap((pod) => sample(podLabels(pod), pick(pod)));
  return [
    family(
      'container_cpu_usage_seconds_total',
      'CPU time of a container, in seconds.',
      ofContainers(cpuSeconds),
    ),
    family('container_memory_working_set_bytes', 'Working set of a container.', ofContainers(workingSet)),
    family(
      'container_start_time_seconds',
      'When a container was made, in seconds since 1970.',
      containers.map(({ labels, stats }) => ({ labels, value: Number(stats.startTime.ns) / 1e9 })),
    ),
    family('container_swap_limit_bytes', 'Swap that a container may use.', ofContainers(swapLimit)),
    family('container_swap_usage_bytes', 'Swap that a container uses.', ofContainers(swapUsage)),
    family('node_cpu_usage_seconds_total', 'CPU time of the node, in seconds.', sample('', cpuSeconds(node))),
    family('node_memory_working_set_bytes', 'Working set of the node.', sample('', workingSet(node))),
    family('node_swap_usage_bytes', 'Swap that the node uses.', sample('', swapUsage(node))),
    family('pod_cpu_usage_seconds_total', 'CPU time of a pod, in seconds.', ofPods(cpuSeconds)),
    family('pod_memory_working_set_bytes', 'Working set of a pod.', ofPods(workingSet)),
    family('pod_swap_usage_bytes', 'Swap that a pod uses.', ofPods(swapUsage)),
  ];
}

function family(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, help, type: name.endsWith('_total') ? 'counter' : 'gauge', samples };
}

function sample(labels: string, timed: Timed<number>): Sample[] {
  return timed?.value === undefined ? [] : [{ labels, value: timed.value, at: timed.time.ms }];
}

type Usage = Pick<ContainerStats, 'cpu' | 'memory' | 'swap'>;

function cpuSeconds({ cpu }: Usage): Timed<number> {
  const { usageCoreNanoSeconds: used } = cpu ?? {};
  return cpu && { time: cpu.time, value: used === undefined ? undefined : Number(used) / 1e9 };
}

function workingSet({ memory }: Usage): Timed<number> {
  return memory && { time: memory.time, value: asNumber(memory.workingSetBytes) };
}

function swapUsage({ swap }: Usage): Timed<number> {
  return swap && { time: swap.time, value: asNumber(swap.swapUsageBytes) };
}

function swapLimit({ swap }: Usage): Timed<number> {
  const { swapAvailableBytes: available, swapUsageBytes: used = 0n } = swap ?? {};
  return swap && { time: swap.time, value: available === undefined ? undefined : Number(available + used) };
}

function asNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function podLabels({ podRef: { name, namespace } }: PodStats): string {
  return labelText({ namespace, pod: name });
}

function containerLabels(pod: PodStats, { name }: ContainerStats): string {
  return `${labelText({ container: name })},${podLabels(pod)}`;
}
