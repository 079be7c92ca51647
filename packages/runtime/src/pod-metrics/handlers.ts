import type { RuntimeHandlers } from '@berth/cri/server/server.ts';
import { inChunks } from '../rpc/chunks.ts';
import type { StatsCollector } from '../stats/collector.ts';
import { metricDescriptors, type PodMetricsPorts, podSandboxMetrics } from './list.ts';

/** The RPCs that tell cAdvisor's metrics of pods and containers. */
export function podMetricsHandlers(context: PodMetricsPorts, collector: StatsCollector) {
  return {
    listMetricDescriptors: async () => metricDescriptors(context),
    listPodSandboxMetrics: async () => ({ podMetrics: await podSandboxMetrics(context, collector.begin()) }),
    streamPodSandboxMetrics: () =>
      inChunks(podSandboxMetrics(context, collector.begin()), (found) => ({ podSandboxMetrics: found })),
  } satisfies RuntimeHandlers;
}
