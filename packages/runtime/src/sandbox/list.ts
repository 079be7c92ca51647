import type {
  ListPodSandboxRequest,
  ListPodSandboxResponse,
  PodSandbox,
  PodSandboxFilter,
} from '@berth/cri/generated/api.ts';
import { matchesFilter } from '../rpc/list-filter.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { criState } from './status.ts';

/** ListPodSandbox: answered from memory. An unknown id in the filter gives an empty list. */
export async function listPodSandboxes(
  { state }: { readonly state: State },
  { filter }: ListPodSandboxRequest,
): Promise<ListPodSandboxResponse> {
  const items: PodSandbox[] = [];
  for (const sandbox of candidates(state, filter)) {
    const shown = toCri(sandbox);
    if (shown !== undefined && matchesFilter(shown, filter)) items.push(shown);
  }
  return { items };
}

/** The sandboxes that match the id, or unique prefix of an id, in a filter. */
export function candidates(
  state: State,
  filter: Pick<PodSandboxFilter, 'id'> | undefined,
): Iterable<Sandbox> {
  if (filter === undefined || filter.id === '') return state.sandboxes.all();
  const found = state.sandboxes.find(filter.id);
  return found === undefined ? [] : [found];
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
