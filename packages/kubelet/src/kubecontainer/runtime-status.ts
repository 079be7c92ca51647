// What the runtime says about one pod, in the terms that decisions are made in: no CRI messages, no bigints
// but where an order needs nanoseconds.
import type { PodIdentity } from '../api/pod.ts';

/** A pod sandbox as the runtime knows it. */
export interface RuntimeSandbox {
  id: string;
  /** 0 for the pod's first sandbox, one more for each that replaced a dead one. */
  attempt: number;
  ready: boolean;
  /** Nanoseconds since the epoch. */
  createdAt: bigint;
  hostNetwork: boolean;
  /** Addresses as the runtime reports them, the primary one first. */
  ips: string[];
  /** False when the runtime said nothing about the network at all. */
  networkReported: boolean;
}

/** A container as the runtime knows it. */
export interface RuntimeContainer {
  id: string;
  /** The container's name in the pod. */
  name: string;
  sandboxId: string;
  state: 'created' | 'running' | 'exited' | 'unknown';
  /** What the annotation says: how many containers of this name came before. */
  restartCount: number;
  /** Hash of the container's definition, from the annotation; '' when it has none. */
  hash: string;
  image: string;
  /** The digest reference that the runtime resolved the image to. */
  imageRef: string;
  /** Nanoseconds since the epoch. */
  createdAt: bigint;
  /** Milliseconds since the epoch; 0 for one that never started. */
  startedAt: number;
  /** Milliseconds since the epoch; 0 for one that has not ended. */
  finishedAt: number;
  exitCode: number;
  reason: string;
  /** What the runtime says about the end, and the termination message. */
  message: string;
}

/** All of a pod that the runtime has, sandboxes and containers each with the newest first. */
export interface PodRuntimeStatus extends PodIdentity {
  sandboxes: RuntimeSandbox[];
  containers: RuntimeContainer[];
}

/** The status of a pod that the runtime has never heard of. */
export function emptyRuntimeStatus(pod: PodIdentity): PodRuntimeStatus {
  return { uid: pod.uid, name: pod.name, namespace: pod.namespace, sandboxes: [], containers: [] };
}

/** The newest container called `name`. */
export function latestContainer(status: PodRuntimeStatus, name: string): RuntimeContainer | undefined {
  return status.containers.find((container) => container.name === name);
}

/** The containers of the sandbox that is in use: the newest one, if it is ready. */
export function activeContainers(status: PodRuntimeStatus): RuntimeContainer[] {
  const [sandbox] = status.sandboxes;
  if (sandbox?.ready !== true) return [];
  return status.containers.filter((container) => container.sandboxId === sandbox.id);
}

/** Addresses of the pod: those of its newest sandbox, while that is ready. */
export function runtimePodIps(status: PodRuntimeStatus): string[] {
  const [sandbox] = status.sandboxes;
  return sandbox?.ready ? sandbox.ips : [];
}

/** One sandbox of a pod as an event of the runtime shows it, with the state of each of its containers by id. */
export interface SandboxView {
  id: string;
  ready: boolean;
  containers: ReadonlyMap<string, RuntimeContainer['state']>;
}

/** Whether the status already shows all that is in a view. */
export function knowsView(status: PodRuntimeStatus, view: SandboxView): boolean {
  const sandbox = status.sandboxes.find(({ id }) => id === view.id);
  const containers = status.containers.filter(({ sandboxId }) => sandboxId === view.id);
  return (
    sandbox?.ready === view.ready &&
    containers.length === view.containers.size &&
    containers.every(({ id, state }) => view.containers.get(id) === state)
  );
}
