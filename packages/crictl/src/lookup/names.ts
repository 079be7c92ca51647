// Names in place of ids: `pod`, `namespace/pod`, `container`, `pod/container`, `namespace/pod/container`.
import {
  type Container,
  ContainerState,
  type PodSandbox,
  PodSandboxState,
} from '@berth/cri/generated/api.ts';
import { podStateName, stateName } from '../output/state-names.ts';
import { formatTable } from '../output/table.ts';

/** A pod with the names that a word is matched with. */
export interface NamedPod {
  id: string;
  namespace: string;
  /** The pod's name. */
  pod: string;
  state: string;
  isLive: boolean;
  createdAt: bigint;
}

/** A container with the names that a word is matched with. */
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

/** Adds the pods' names to containers. Only the kubelet sets labels with them, so they come from the sandboxes. */
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

/** Whether `word` is the container's name, alone or with its pod's. */
export const isContainerCalled = (word: string, item: NamedContainer) =>
  word === item.name || word === `${item.pod}/${item.name}` || word === containerPath(item);

/** Whether `pods WORD` lists the pod. */
export function podFits(word: string, pod: NamedPod): boolean {
  return pod.id.startsWith(word) || isPodCalled(word, pod);
}

/** Whether `ps WORD` lists the container. */
export function containerFits(word: string, container: NamedContainer): boolean {
  return container.id.startsWith(word) || isContainerCalled(word, container) || isPodCalled(word, container);
}

/** The pods with this name. Of several sandboxes with one name, the ready ones or else the newest. */
export function podsCalled(word: string, pods: readonly NamedPod[]): NamedPod[] {
  return current(
    pods.filter((pod) => isPodCalled(word, pod)),
    podPath,
  );
}

/**
 * The containers with this name, and those of pods with this name. A pod's name means its container of the same name,
 * if there is one. Of a container's attempts, the running or else the newest.
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

/** For each name its live items, or else the newest one. */
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

/** The error for a word that matches several items: a table of them. */
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
