import type { RuntimeHandlers } from '@berth/cri/server.ts';
import { inChunks } from '../chunks.ts';
import type { Context } from '../context.ts';
import type { LayerUsage } from '../layer-usage.ts';
import { metricDescriptors, podSandboxMetrics } from '../metrics/list.ts';
import { StatsCollector } from './collector.ts';
import { containerStats, listContainerStats } from './container.ts';
import { listPodSandboxStats, podSandboxStats } from './sandbox.ts';

/** The RPCs that tell what pods and containers use. */
export function statsHandlers(context: Context, layers: LayerUsage) {
  const collector = new StatsCollector(context, layers);
  return {
    containerStats: (request) => containerStats(context, collector, request),
    listContainerStats: async (request) => ({ stats: await listContainerStats(context, collector, request) }),
    streamContainerStats: (request) =>
      inChunks(listContainerStats(context, collector, request), (found) => ({ containerStats: found })),
    podSandboxStats: (request) => podSandboxStats(context, collector, request),
    listPodSandboxStats: async (request) => ({
      stats: await listPodSandboxStats(context, collector, request),
    }),
    streamPodSandboxStats: (request) =>
      inChunks(listPodSandboxStats(context, collector, request), (found) => ({ podSandboxStats: found })),
    listMetricDescriptors: async () => metricDescriptors(context),
    listPodSandboxMetrics: async () => ({ podMetrics: await podSandboxMetrics(context, collector) }),
    streamPodSandboxMetrics: () =>
      inChunks(podSandboxMetrics(context, collector), (found) => ({ podSandboxMetrics: found })),
  } satisfies RuntimeHandlers;
}
