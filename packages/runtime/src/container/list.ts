import type {
  Container,
  ContainerFilter,
  ListContainersRequest,
  ListContainersResponse,
} from '@berth/cri/generated/api.ts';
import { matchesFilter } from '../rpc/list-filter.ts';
import type { Container as ContainerRecord } from '../state/container.ts';
import type { State } from '../state/state.ts';
import { criState } from './status.ts';

/** ListContainers: answered from memory. An unknown id in the filter gives an empty list. */
export async function listContainers(
  { state }: { readonly state: State },
  { filter }: ListContainersRequest,
): Promise<ListContainersResponse> {
  const containers: Container[] = [];
  for (const record of candidates(state, filter)) {
    const shown = toCri(record);
    if (shown !== undefined && matchesFilter(shown, filter)) containers.push(shown);
  }
  return { containers };
}

/** The containers that match the ids, or unique prefixes of ids, in a filter. */
export function candidates(
  state: State,
  filter: Pick<ContainerFilter, 'id' | 'podSandboxId'> | undefined,
): Iterable<ContainerRecord> {
  if (filter !== undefined && filter.id !== '') {
    const container = state.containers.find(filter.id);
    return container?.sandboxId.startsWith(filter.podSandboxId) ? [container] : [];
  }
  if (filter !== undefined && filter.podSandboxId !== '') {
    const sandbox = state.sandboxes.find(filter.podSandboxId);
    return sandbox === undefined ? [] : state.containers.ofSandbox(sandbox.id);
  }
  return state.containers.all();
}

function toCri(container: ContainerRecord): Container | undefined {
  const state = criState(container);
  if (state === undefined) return undefined;
  const { config } = container;
  return {
    id: container.id,
    podSandboxId: container.sandboxId,
    metadata: config.metadata,
    image: config.image,
    imageRef: container.imageRef,
    imageId: container.imageId,
    state,
    createdAt: container.createdAt,
    labels: config.labels,
    annotations: config.annotations,
  };
}
