// Names where ids are wanted: `pod`, `namespace/pod`, `container`, `pod/container`, `namespace/pod/container`.
import {
  type Container,
  ContainerState,
  type PodSandbox,
  PodSandboxState,
} from '@berth/cri/generated/api.ts';
import { podStateName, stateName } from '../output/state-names.ts';
import { formatTable } from '../output/table.ts';

/** A pod that a word may mean. */
export interface NamedPod {
  id: string;
  namespace: string;
  /** The pod's name. */
  pod: string;
  state: string;
  isLive: boolean;
  createdAt: bigint;
}

/** A container that a word may mean. */
export interface NamedContainer extends NamedPod {
  podId: string;
  name: string;
}

export function namedPod({ id, metadata, state, createdAt }: PodSandbox): NamedPod {
  return {
    id,
    namespace: metadata?.namespace ?? '',
    pod: metadata?.name ?? '',
    state: podStateName(state),
    isLive: state === PodSandboxState.SANDBOX_READY,
    createdAt,
  };
}

/** Containers with the names of their pods, which only kubelets put into labels. */
export function namedContainers(
  containers: readonly Container[],
  pods: readonly PodSandbox[],
): NamedContainer[] {
  const byId = new Map(pods.map((pod) => [pod.id, pod.metadata]));
  return containers.map(({ id, podSandboxId, metadata, state, createdAt }) => ({
    id,
    podId: podSandboxId,
    namespace: byId.get(podSandboxId)?.namespace ?? '',
    pod: byId.get(podSandboxId)?.name ?? '',
    name: metadata?.name ?? '',
    state: stateName(state),
    isLive: state === ContainerState.CONTAINER_RUNNING,
    createdAt,
  }));
}

/** `namespace/pod`. */
export const podPath = ({ namespace, pod }: NamedPod) => `${namespace}/${pod}`;

/** `namespace/pod/container`. */
export const containerPath = (container: NamedContainer) => `${podPath(container)}/${container.name}`;

const isPodCalled = (word: string, item: NamedPod) => word === item.pod || word === podPath(item);

/** Whether `word` is the container's own name, alone or behind its pod's. */
export const isContainerCalled = (word: string, item: NamedContainer) =>
  word === item.name || word === `${item.pod}/${item.name}` || word === containerPath(item);

/** Whether a list of pods that is narrowed to `word` has the pod in it. */
export function podFits(word: string, pod: NamedPod): boolean {
  return pod.id.startsWith(word) || isPodCalled(word, pod);
}

/** Whether a list of containers that is narrowed to `word` has the container in it. */
export function containerFits(word: string, container: NamedContainer): boolean {
  return container.id.startsWith(word) || isContainerCalled(word, container) || isPodCalled(word, container);
}

/** The pods that are called `word`. Of those that had the name one after the other, the one that has it now. */
export function podsCalled(word: string, pods: readonly NamedPod[]): NamedPod[] {
  return current(
    pods.filter((pod) => isPodCalled(word, pod)),
    podPath,
  );
}

/**
 * The containers that are called `word`, and those of pods that are. In a pod that has a container of its own
 * name, that one is meant; of a container's attempts, the last.
 */
export function containersCalled(
  word: string,
  containers: readonly NamedContainer[],
  pods: readonly NamedPod[],
): NamedContainer[] {
  const found = containers.filter((container) => isContainerCalled(word, container));
  for (const { id } of podsCalled(word, pods)) {
    const members = containers.filter(({ podId }) => podId === id);
    const namesakes = members.filter(({ name, pod }) => name === pod);
    const meant = namesakes.length > 0 ? namesakes : members;
    found.push(...meant.filter((each) => !found.includes(each)));
  }
  return current(found, containerPath);
}

/** Of the items of each name those that live, or else the newest. */
export function current<Item extends { isLive: boolean; createdAt: bigint }>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
): Item[] {
  return [...Map.groupBy(items, nameOf).values()].flatMap((group) => {
    const living = group.filter(({ isLive }) => isLive);
    if (living.length > 0) return living;
    return [group.reduce((newest, item) => (item.createdAt > newest.createdAt ? item : newest))];
  });
}

/** What to answer to a word that means several: which ones. */
export function ambiguous(
  what: string,
  word: string,
  candidates: readonly (NamedPod | NamedContainer)[],
): Error {
  const rows = candidates.map((item) => [
    item.id,
    podPath(item),
    ...('name' in item ? [item.name] : []),
    item.state,
  ]);
  const withNames = candidates.some((item) => 'name' in item);
  const header = ['ID', 'POD', ...(withNames ? ['NAME'] : []), 'STATE'];
  const table = formatTable([header, ...rows]).trimEnd();
  return new Error(`${what} "${word}" is ambiguous, it matches ${candidates.length}:\n${table}`);
}
