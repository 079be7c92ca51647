// Names in place of ids: `pod`, `namespace/pod`, `container`, `pod/container`, `namespace/pod/container`. A static pod is
// also called by its name without the node's, unless another one has that name.
import { hostname } from 'node:os';
import { nameInManifest } from '@berth/common/static-pod-name.ts';
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
  /** The name of a static pod in its manifest; undefined for another pod. */
  inManifest: string | undefined;
  state: string;
  isLive: boolean;
  createdAt: bigint;
}

/** A container with the names that a word is matched with. */
export interface NamedContainer extends NamedPod {
  podId: string;
  name: string;
}

export function namedPod({ id, metadata, annotations, state, createdAt }: PodSandbox): NamedPod {
  return {
    id,
    namespace: metadata?.namespace ?? '',
    pod: metadata?.name ?? '',
    inManifest: staticName(metadata?.name ?? '', annotations, hostname()),
    state: podStateName(state),
    isLive: state === PodSandboxState.SANDBOX_READY,
    createdAt,
  };
}

/** Pure: the name of a static pod in its manifest, on a node of this name; undefined for another pod. */
export function staticName(
  name: string,
  annotations: Readonly<Record<string, string>>,
  nodeName: string,
): string | undefined {
  const source = annotations['kubernetes.io/config.source'];
  if (source !== 'file' && source !== 'http') return undefined;
  const inManifest = nameInManifest(name, nodeName);
  return inManifest === name ? undefined : inManifest;
}

/** Adds the pods' names to containers. Only the kubelet sets labels with them, so they come from the sandboxes. */
export function namedContainers(
  containers: readonly Container[],
  pods: readonly PodSandbox[],
): NamedContainer[] {
  const byId = new Map(pods.map((pod) => [pod.id, namedPod(pod)]));
  return containers.map(({ id, podSandboxId, metadata, state, createdAt }) => ({
    id,
    podId: podSandboxId,
    namespace: byId.get(podSandboxId)?.namespace ?? '',
    pod: byId.get(podSandboxId)?.pod ?? '',
    inManifest: byId.get(podSandboxId)?.inManifest,
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

type Called<Item> = (word: string, item: Item) => boolean;

const isPodCalled: Called<NamedPod> = (word, item) => word === item.pod || word === podPath(item);

/** Whether `word` is the container's name, alone or with its pod's. */
const isContainerCalled: Called<NamedContainer> = (word, item) =>
  word === item.name || word === `${item.pod}/${item.name}` || word === containerPath(item);

/** The same item, by its name in the manifest. */
const asInManifest = <Item extends NamedPod>(item: Item): Item | undefined =>
  item.inManifest === undefined ? undefined : { ...item, pod: item.inManifest };

/** The test for a name, or for the one in the manifest. */
function either<Item extends NamedPod>(isCalled: Called<Item>): Called<Item> {
  return (word, item) => {
    const other = asInManifest(item);
    return isCalled(word, item) || (other !== undefined && isCalled(word, other));
  };
}

/** The items with this name; when there are none, those with this name in their manifest. */
function called<Item extends NamedPod>(word: string, items: readonly Item[], isCalled: Called<Item>): Item[] {
  const exact = items.filter((item) => isCalled(word, item));
  return exact.length > 0 ? exact : items.filter((item) => either(isCalled)(word, item));
}

/** Whether `pods WORD` lists the pod. */
export function podFits(word: string, pod: NamedPod): boolean {
  return pod.id.startsWith(word) || either(isPodCalled)(word, pod);
}

/** Whether `ps WORD` lists the container. */
export function containerFits(word: string, container: NamedContainer): boolean {
  const isCalled = either<NamedContainer>(
    (given, item) => isContainerCalled(given, item) || isPodCalled(given, item),
  );
  return container.id.startsWith(word) || isCalled(word, container);
}

/** The pods with this name. Of several sandboxes with one name, the ready ones or else the newest. */
export function podsCalled(word: string, pods: readonly NamedPod[]): NamedPod[] {
  return current(called(word, pods, isPodCalled), podPath);
}

/** The containers with this name, alone or with their pod's; of their attempts the running ones or else the newest. */
export function containersNamed(word: string, containers: readonly NamedContainer[]): NamedContainer[] {
  return current(called(word, containers, isContainerCalled), containerPath);
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
  const found = called(word, containers, isContainerCalled);
  for (const { id } of podsCalled(word, pods)) {
    const members = containers.filter(({ podId }) => podId === id);
    const namesakes = members.filter(({ name, pod, inManifest }) => name === pod || name === inManifest);
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
