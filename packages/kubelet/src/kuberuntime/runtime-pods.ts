// Reads pods from the runtime by CRI calls, and converts them to PodRuntimeStatus.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import {
  type ContainerEventResponse,
  ContainerState,
  type ContainerStatus,
  NamespaceMode,
  PodSandboxState,
  type PodSandboxStatus,
} from '@berth/cri/generated/api.ts';
import type { PodIdentity } from '../api/pod.ts';
import { containerAnnotations, podLabels, podOfLabels } from '../kubecontainer/labels.ts';
import type {
  PodRuntimeStatus,
  RuntimeContainer,
  RuntimeSandbox,
  SandboxView,
} from '../kubecontainer/runtime-status.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import type { OwnFolders } from '../rootdir/own-files.ts';
import { podIpsInOrder } from './pod-ips.ts';
import { reportedResources, reportedStopSignal, reportedUser } from './reported-settings.ts';
import { terminationMessage } from './termination-message.ts';
import { unlessGone } from './unless-gone.ts';

/** A pod in the runtime's lists of sandboxes and containers. */
export interface ListedPod extends PodIdentity {
  /** Changes whenever a sandbox or container of the pod is added, removed or changes state. */
  fingerprint: string;
  /** Whether it has a sandbox that is ready. */
  isReady: boolean;
}

/** All pods of any kubelet, by UID, with two calls in total. */
export async function listRuntimePods(runtime: RuntimeClient): Promise<Map<string, ListedPod>> {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandbox({}), runtime.listContainers({})]);
  const parts = new Map<string, { identity: PodIdentity; states: string[]; isReady: boolean }>();
  const add = (labels: Record<string, string>, state: string, isReady = false): void => {
    const identity = podOfLabels(labels);
    if (identity === undefined) return;
    const pod = parts.get(identity.uid) ?? { identity, states: [], isReady: false };
    pod.states.push(state);
    pod.isReady ||= isReady;
    parts.set(identity.uid, pod);
  };
  for (const { labels, id, state } of sandboxes.items)
    add(labels, `${id}=${state}`, state === PodSandboxState.SANDBOX_READY);
  for (const { labels, id, state } of containers.containers) add(labels, `${id}=${state}`);
  return new Map(
    [...parts].map(([uid, { identity, states, isReady }]) => [
      uid,
      { ...identity, isReady, fingerprint: states.sort().join(' ') },
    ]),
  );
}

/** Reads pods. Caches the status of exited containers, which never changes. */
export class RuntimePods {
  readonly #runtime: RuntimeClient;
  readonly #ended = new Map<string, RuntimeContainer>();

  readonly #options: OwnFolders & Pick<KubeletOptions, 'nodeIps'>;
  readonly #onRead: (seconds: number) => void;

  /** Calls `onRead` with how long reading a pod took. */
  constructor(
    runtime: RuntimeClient,
    options: OwnFolders & Pick<KubeletOptions, 'nodeIps'>,
    onRead: (seconds: number) => void = () => {},
  ) {
    this.#runtime = runtime;
    this.#options = options;
    this.#onRead = onRead;
  }

  /** The pod's sandboxes and containers, each with the newest first. */
  async read(pod: PodIdentity): Promise<PodRuntimeStatus> {
    const began = performance.now();
    const labelSelector = { [podLabels.uid]: pod.uid };
    const [sandboxList, containerList] = await Promise.all([
      this.#runtime.listPodSandbox({ filter: { labelSelector } }),
      this.#runtime.listContainers({ filter: { labelSelector } }),
    ]);
    const [sandboxes, containers] = await Promise.all([
      Promise.all(sandboxList.items.map(({ id }) => this.sandbox(id))),
      Promise.all(containerList.containers.map(({ id, podSandboxId }) => this.container(id, podSandboxId))),
    ]);
    this.#onRead((performance.now() - began) / 1000);
    return {
      ...pod,
      sandboxes: newestFirst(sandboxes.filter((each) => each !== undefined)),
      containers: newestFirst(containers.filter((each) => each !== undefined)),
    };
  }

  /** Drops a removed container from the cache. */
  forget(containerId: string): void {
    this.#ended.delete(containerId);
  }

  /** One sandbox; undefined when it is gone. */
  async sandbox(podSandboxId: string): Promise<RuntimeSandbox | undefined> {
    const response = await unlessGone(this.#runtime.podSandboxStatus({ podSandboxId }));
    return response?.status && toSandbox(response.status, this.#options.nodeIps);
  }

  /** One container; undefined when it is gone. */
  async container(containerId: string, sandboxId: string): Promise<RuntimeContainer | undefined> {
    const ended = this.#ended.get(containerId);
    if (ended) return ended;
    const response = await unlessGone(this.#runtime.containerStatus({ containerId }));
    if (!response?.status) return undefined;
    const container = await toContainer(response.status, sandboxId, this.#options);
    if (container.state === 'exited') this.#ended.set(containerId, container);
    return container;
  }
}

function newestFirst<Made extends { createdAt: bigint }>(list: Made[]): Made[] {
  return list.sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
}

function toSandbox(status: PodSandboxStatus, nodeIps: readonly string[]): RuntimeSandbox {
  const { network, linux } = status;
  const ips = network ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [];
  return {
    id: status.id,
    attempt: status.metadata?.attempt ?? 0,
    ready: status.state === PodSandboxState.SANDBOX_READY,
    createdAt: status.createdAt,
    hostNetwork: linux?.namespaces?.options?.network === NamespaceMode.NODE,
    ips: podIpsInOrder(ips, nodeIps),
    networkReported: network !== undefined,
  };
}

/** The sandbox in an event; undefined when the event does not contain it. */
export function sandboxView({
  podSandboxStatus,
  containersStatuses,
}: ContainerEventResponse): SandboxView | undefined {
  return (
    podSandboxStatus && {
      id: podSandboxStatus.id,
      ready: podSandboxStatus.state === PodSandboxState.SANDBOX_READY,
      containers: new Map(containersStatuses.map(({ id, state }) => [id, toState(state)])),
    }
  );
}

async function toContainer(
  status: ContainerStatus,
  sandboxId: string,
  folders: OwnFolders,
): Promise<RuntimeContainer> {
  const { annotations, labels } = status;
  const state = toState(status.state);
  const message = state === 'exited' ? await terminationMessage(status, folders) : '';
  return {
    id: status.id,
    name: labels[podLabels.container] ?? status.metadata?.name ?? '',
    sandboxId,
    state,
    restartCount: Number(annotations[containerAnnotations.restartCount] ?? status.metadata?.attempt ?? 0),
    hash: annotations[containerAnnotations.hash] ?? '',
    image: status.image?.image ?? '',
    imageRef: status.imageRef,
    createdAt: status.createdAt,
    startedAt: milliseconds(status.startedAt),
    finishedAt: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: [status.message, message].filter((part) => part !== '').join(': '),
    ...reportedUser(status),
    ...reportedResources(status),
    ...reportedStopSignal(status),
  };
}

function toState(state: ContainerState): RuntimeContainer['state'] {
  return containerStates.get(state) ?? 'unknown';
}

const containerStates = new Map<ContainerState, RuntimeContainer['state']>([
  [ContainerState.CONTAINER_CREATED, 'created'],
  [ContainerState.CONTAINER_RUNNING, 'running'],
  [ContainerState.CONTAINER_EXITED, 'exited'],
]);

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}
