import type { ListPodSandboxRequest, ListPodSandboxResponse, PodSandbox } from '@berth/cri/generated/api.ts';
import type { Context } from '../context.ts';
import { matchesFilter } from '../labels.ts';
import { criState } from '../pod-status/sandbox.ts';
import type { Sandbox } from '../state/sandbox.ts';

/** ListPodSandbox: answered from memory. An id in the filter that nothing has gives an empty list. */
export async function listPodSandboxes(
  { state }: Context,
  { filter }: ListPodSandboxRequest,
): Promise<ListPodSandboxResponse> {
  const byId = filter === undefined || filter.id === '' ? undefined : state.sandboxes.find(filter.id);
  const candidates = filter === undefined || filter.id === '' ? state.sandboxes.all() : byId ? [byId] : [];
  const items: PodSandbox[] = [];
  for (const sandbox of candidates) {
    const shown = toCri(sandbox);
    if (shown !== undefined && matchesFilter(shown, filter)) items.push(shown);
  }
  return { items };
}

function toCri(sandbox: Sandbox): PodSandbox | undefined {
  const state = criState(sandbox);
  if (state === undefined) return undefined;
  return {
    id: sandbox.id,
    metadata: sandbox.config.metadata,
    state,
    createdAt: sandbox.createdAt,
    labels: sandbox.config.labels,
    annotations: sandbox.config.annotations,
    runtimeHandler: sandbox.runtimeHandler,
  };
}
