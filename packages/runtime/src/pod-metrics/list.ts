// ListMetricDescriptors and ListPodSandboxMetrics: selects metric families and fills them from readings.

import type {
  ContainerMetrics,
  ListMetricDescriptorsResponse,
  Metric,
  PodSandboxMetrics,
} from '@berth/cri/generated/api.ts';
import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { type MetricGroup, selectedGroups } from '../config/pod-metric-groups.ts';
import type { Container } from '../state/container.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import type { StatsCollector } from '../stats/collector.ts';
import { alwaysFamilies, containerFamilies } from './families.ts';
import type { ContainerReadings, MetricFamily } from './family.ts';
import { networkFamilies } from './network-families.ts';
import { ReadingsReader, type ReadingsServices } from './readings.ts';

/** What ListPodSandboxMetrics uses. */
export interface PodMetricsServices extends ReadingsServices {
  readonly config: LiveConfig;
  readonly state: State;
}

/** The container metrics of the selected groups. */
function selectedFamilies(groups: ReadonlySet<MetricGroup>): MetricFamily<ContainerReadings>[] {
  const selected = [...groups].flatMap((group) => (group === 'network' ? [] : containerFamilies[group]));
  return [...alwaysFamilies, ...selected];
}

/** ListMetricDescriptors: the metrics that `stats.includedPodMetrics` selects. */
export function metricDescriptors({
  config,
}: {
  readonly config: LiveConfig;
}): ListMetricDescriptorsResponse {
  const groups = selectedGroups(config.current.stats.includedPodMetrics);
  const network = groups.has('network') ? networkFamilies : [];
  return { descriptors: [...selectedFamilies(groups), ...network].map(({ descriptor }) => descriptor) };
}

/** Answers ListPodSandboxMetrics and StreamPodSandboxMetrics: metrics of ready sandboxes. */
export async function podSandboxMetrics(
  services: PodMetricsServices,
  collector: StatsCollector,
): Promise<PodSandboxMetrics[]> {
  const groups = selectedGroups(services.config.current.stats.includedPodMetrics);
  const families = selectedFamilies(groups);
  const sandboxes = [...services.state.sandboxes.all()].filter(({ state }) => state.phase === 'ready');
  const reader = await ReadingsReader.start(services, collector, groups);
  return Promise.all(
    sandboxes.map(async (sandbox) => ({
      podSandboxId: sandbox.id,
      metrics: groups.has('network') ? networkMetrics(sandbox, await collector.interfaces(sandbox)) : [],
      containerMetrics: services.state.containers
        .ofSandbox(sandbox.id)
        .flatMap((container) => containerMetrics(sandbox, container, reader.readings(container), families)),
    })),
  );
}

function containerMetrics(
  sandbox: Sandbox,
  container: Container,
  readings: ContainerReadings | undefined,
  families: readonly MetricFamily<ContainerReadings>[],
): ContainerMetrics[] {
  if (readings === undefined) return [];
  const labels = baseLabels(sandbox, {
    id: container.id,
    image: container.imageName,
    container: container.config.metadata?.name ?? '',
  });
  return [{ containerId: container.id, metrics: samplesOf(families, readings, labels, readings.at) }];
}

function networkMetrics(sandbox: Sandbox, interfaces: readonly InterfaceCounters[]): Metric[] {
  const labels = baseLabels(sandbox, { id: sandbox.id, image: '', container: 'POD' });
  return interfaces
    .filter(({ name }) => name !== 'lo')
    .flatMap((counters) => samplesOf(networkFamilies, counters, labels, 0n));
}

/** Values of `baseLabelKeys`. */
function baseLabels(
  { config: { metadata } }: Sandbox,
  { id, image, container }: { id: string; image: string; container: string },
): string[] {
  return [id, image, metadata?.namespace ?? '', metadata?.name ?? '', container];
}

/** `timestamp` is 0 for values read during this call. */
function samplesOf<Readings>(
  families: readonly MetricFamily<Readings>[],
  readings: Readings,
  baseLabelValues: readonly string[],
  timestamp: bigint,
): Metric[] {
  return families.flatMap(({ descriptor, type, samples }) =>
    samples(readings).map(({ value, labels = [] }) => ({
      name: descriptor.name,
      timestamp,
      metricType: type,
      labelValues: [...baseLabelValues, ...labels],
      value: { value: BigInt(value) },
    })),
  );
}
