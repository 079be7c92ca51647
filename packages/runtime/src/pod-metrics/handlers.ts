import type { RuntimeHandlers } from '@berth/cri/server/server.ts';
import { inChunks } from '../rpc/chunks.ts';
import type { StatsCollector } from '../stats/collector.ts';
import { metricDescriptors, type PodMetricsServices, podSandboxMetrics } from './list.ts';

/** The RPCs for cAdvisor's metrics of pods and containers. */
export function podMetricsHandlers(services: PodMetricsServices, collector: StatsCollector) {
  return {
    listMetricDescriptors: async () => metricDescriptors(services),
    listPodSandboxMetrics: async () => ({ podMetrics: await podSandboxMetrics(services, collector.begin()) }),
    streamPodSandboxMetrics: () =>
      inChunks(podSandboxMetrics(services, collector.begin()), (found) => ({ podSandboxMetrics: found })),
  } satisfies RuntimeHandlers;
}
