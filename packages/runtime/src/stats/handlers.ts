import type { RuntimeHandlers } from '@berth/cri/server/server.ts';
import { inChunks } from '../rpc/chunks.ts';
import type { State } from '../state/state.ts';
import type { StatsCollector } from './collector.ts';
import { containerStats, listContainerStats } from './container.ts';
import { listPodSandboxStats, podSandboxStats } from './sandbox.ts';

/** The RPCs for stats of pods and containers. */
export function statsHandlers(services: { readonly state: State }, collector: StatsCollector) {
  return {
    containerStats: (request) => containerStats(services, collector.begin(), request),
    listContainerStats: async (request) => ({
      stats: await listContainerStats(services, collector.begin(), request),
    }),
    streamContainerStats: (request) =>
      inChunks(listContainerStats(services, collector.begin(), request), (found) => ({
        containerStats: found,
      })),
    podSandboxStats: (request) => podSandboxStats(services, collector.begin(), request),
    listPodSandboxStats: async (request) => ({
      stats: await listPodSandboxStats(services, collector.begin(), request),
    }),
    streamPodSandboxStats: (request) =>
      inChunks(listPodSandboxStats(services, collector.begin(), request), (found) => ({
        podSandboxStats: found,
      })),
  } satisfies RuntimeHandlers;
}
