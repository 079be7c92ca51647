// PodSandboxStats, ListPodSandboxStats and StreamPodSandboxStats.

import type {
  ListPodSandboxStatsRequest,
  PodSandboxStats,
  PodSandboxStatsRequest,
  PodSandboxStatsResponse,
} from '@berth/cri/generated/api.ts';
import { notFound, RuntimeError } from '../rpc/errors.ts';
import { matchesSelector } from '../rpc/list-filter.ts';
import { candidates } from '../sandbox/list.ts';
import type { State } from '../state/state.ts';
import type { StatsCollector } from './collector.ts';

/** PodSandboxStats: the usage of one sandbox. UNAVAILABLE for a sandbox that is not ready, as in containerd. */
export async function podSandboxStats(
  { state }: { readonly state: State },
  collector: StatsCollector,
  { podSandboxId }: PodSandboxStatsRequest,
): Promise<PodSandboxStatsResponse> {
  const sandbox = state.sandboxes.find(podSandboxId);
  if (sandbox === undefined || sandbox.state.phase === 'creating') throw notFound('pod', podSandboxId);
  if (sandbox.state.phase !== 'ready') {
    throw new RuntimeError('UNAVAILABLE', `pod sandbox ${sandbox.id} is not ready, and has no stats`);
  }
  const [stats] = await collector.sandboxes([sandbox]);
  return { stats };
}

/** Answers ListPodSandboxStats and StreamPodSandboxStats: the stats of ready sandboxes. */
export async function listPodSandboxStats(
  { state }: { readonly state: State },
  collector: StatsCollector,
  { filter }: ListPodSandboxStatsRequest,
): Promise<PodSandboxStats[]> {
  const selector = filter?.labelSelector ?? {};
  const wanted = [...candidates(state, filter)].filter(
    (sandbox) => sandbox.state.phase === 'ready' && matchesSelector(sandbox.config.labels, selector),
  );
  return collector.sandboxes(wanted);
}
