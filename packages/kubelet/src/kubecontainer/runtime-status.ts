// The runtime's state of one pod, converted from CRI messages for decisions. Only fields that are compared for order
// keep nanoseconds (bigint).
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
  /** False when the runtime's answer has no network status. */
  networkReported: boolean;
}

/** The user that a container's first process runs as. */
export interface RuntimeUser {
  uid: number;
  gid: number;
  supplementalGroups: number[];
}

/** The limits of a container's cgroup; a setting that the runtime does not report is undefined. */
export interface RuntimeResources {
  /** Thousandths of a core. */
  cpuRequest: number | undefined;
  cpuLimit: number | undefined;
  memoryLimitBytes: bigint | undefined;
}

/** A container as the runtime knows it. */
export interface RuntimeContainer {
  id: string;
  /** The container's name in the pod. */
  name: string;
  sandboxId: string;
  state: 'created' | 'running' | 'exited' | 'unknown';
  /** Number of earlier containers of this name, from the annotation. */
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
  /** The runtime's reason and message of the exit, and the termination message. */
  message: string;
  user?: RuntimeUser;
  resources?: RuntimeResources;
  /** The signal that stops it, such as `SIGTERM`. */
  stopSignal?: string;
}

/** All sandboxes and containers of a pod in the runtime, each newest first. */
export interface PodRuntimeStatus extends PodIdentity {
  sandboxes: RuntimeSandbox[];
  containers: RuntimeContainer[];
}

/** The status of a pod that is not in the runtime. */
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

/** Whether anything of the pod runs, or may run. */
export function isAlive(status: PodRuntimeStatus): boolean {
  return (
    status.sandboxes.some((sandbox) => sandbox.ready) ||
    status.containers.some(({ state }) => state === 'running' || state === 'unknown')
  );
}

/** By name, the highest restart count of a container that was started: of these, and of those in `before`. */
export function highestRestartCounts(
  { containers }: PodRuntimeStatus,
  before: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const counts = new Map(before);
  for (const { name, state, restartCount } of containers) {
    if (state !== 'created') counts.set(name, Math.max(restartCount, counts.get(name) ?? 0));
  }
  return counts;
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

/** Whether the status already contains everything in a view. */
export function knowsView(status: PodRuntimeStatus, view: SandboxView): boolean {
  const sandbox = status.sandboxes.find(({ id }) => id === view.id);
  const containers = status.containers.filter(({ sandboxId }) => sandboxId === view.id);
  return (
    sandbox?.ready === view.ready &&
    containers.length === view.containers.size &&
    containers.every(({ id, state }) => view.containers.get(id) === state)
  );
}
