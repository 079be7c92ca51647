import type { RuntimeHandlers } from '@berth/cri/server/server.ts';
import { inChunks } from '../rpc/chunks.ts';
import type { State } from '../state/state.ts';
import type { StatsCollector } from './collector.ts';
import { containerStats, listContainerStats } from './container.ts';
import { listPodSandboxStats, podSandboxStats } from './sandbox.ts';

/** The RPCs that tell what pods and containers use. */
export function statsHandlers(context: { readonly state: State }, collector: StatsCollector) {
  return {
    containerStats: (request) => containerStats(context, collector.begin(), request),
    listContainerStats: async (request) => ({
      stats: await listContainerStats(context, collector.begin(), request),
    }),
    streamContainerStats: (request) =>
      inChunks(listContainerStats(context, collector.begin(), request), (found) => ({
        containerStats: found,
      })),
    podSandboxStats: (request) => podSandboxStats(context, collector.begin(), request),
    listPodSandboxStats: async (request) => ({
      stats: await listPodSandboxStats(context, collector.begin(), request),
    }),
    streamPodSandboxStats: (request) =>
      inChunks(listPodSandboxStats(context, collector.begin(), request), (found) => ({
        podSandboxStats: found,
      })),
  } satisfies RuntimeHandlers;
}
