// ContainerStats, ListContainerStats and StreamContainerStats.

import type {
  ContainerStats,
  ContainerStatsRequest,
  ContainerStatsResponse,
  ListContainerStatsRequest,
} from '@berth/cri/generated/api.ts';
import { candidates } from '../container/list.ts';
import { notFound } from '../rpc/errors.ts';
import { matchesSelector } from '../rpc/list-filter.ts';
import type { State } from '../state/state.ts';
import { isShown, type StatsCollector } from './collector.ts';

/** ContainerStats: the usage of one container. */
export async function containerStats(
  { state }: { readonly state: State },
  collector: StatsCollector,
  { containerId }: ContainerStatsRequest,
): Promise<ContainerStatsResponse> {
  const container = state.containers.find(containerId);
  if (container === undefined || !isShown(container)) throw notFound('container', containerId);
  const [stats] = await collector.containers([container]);
  return { stats };
}

/**
 * Answers ListContainerStats and StreamContainerStats. An unknown id in the filter gives an empty list. Exited
 * containers are included, as in containerd, for their writable layers.
 */
export async function listContainerStats(
  { state }: { readonly state: State },
  collector: StatsCollector,
  { filter }: ListContainerStatsRequest,
): Promise<ContainerStats[]> {
  const selector = filter?.labelSelector ?? {};
  const wanted = [...candidates(state, filter)].filter(
    (container) => isShown(container) && matchesSelector(container.config.labels, selector),
  );
  return collector.containers(wanted);
}
