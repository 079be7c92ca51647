// The API status of containers, from the runtime's state, this kubelet's failures and the former status.
import { type ContainerKind, containersOfKind, isSidecar } from '../api/each-container.ts';
import type { Container, ContainerState, ContainerStatus, Pod } from '../api/pod.ts';
import { effectiveMode } from '../containers/recursive-read-only.ts';
import { shouldRestart } from '../containers/restart-policy.ts';
import type { PodRuntimeStatus, RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../kubecontainer/start-error.ts';
import type { ProbeResults } from '../prober/results.ts';
import { hasStarted } from '../prober/threshold.ts';
import { settingsStatus } from './container-resources.ts';
import { restartingAllContainers } from './phase.ts';

/** The further inputs of the statuses of containers. */
export interface ContainerStatusContext {
  /** The scheme of container ids, such as `berth` or `containerd`. */
  runtimeName: string;
  probes: ProbeResults;
  /** Whether the runtime can make mounts below a read-only mount read-only. */
  canMountRecursivelyReadOnly: boolean;
  failures: ReadonlyMap<string, StartFailure>;
  /** Whether the containers of the pod are being removed to be restarted together. */
  restartsAll: boolean;
  isDeleted: boolean;
}

/**
 * The statuses of the pod's containers of one kind, in the order of its specification. What the runtime has lost is taken
 * from `previous`: how often a container was restarted and how it ended.
 */
export function containerStatuses(
  pod: Pod,
  kind: ContainerKind,
  runtime: PodRuntimeStatus,
  context: ContainerStatusContext,
  previous: readonly ContainerStatus[],
): ContainerStatus[] {
  return containersOfKind<Container>(pod.spec, kind).map(({ container }) => {
    const [latest, former] = runtime.containers.filter((each) => each.name === container.name);
    const before = previous.find((each) => each.name === container.name);
    const status = latest
      ? fromRuntime(container, latest, former, before, context)
      : lostStatus(pod, container, before, context);
    if (kind === 'init' && !isSidecar(container)) {
      if (latest?.state === 'exited' && latest.exitCode === 0) return { ...status, ready: true };
      status.ready = status.state?.terminated?.exitCode === 0;
      if (!latest && status.state?.waiting && wasInitialized(pod, runtime)) {
        return { ...status, ready: true, state: lostInit };
      }
    }
    if (kind === 'ephemeral') {
      // It has no probes: nothing says that it has started or is ready.
      status.ready = false;
      delete status.started;
    }
    const failure = context.failures.get(container.name);
    // Of a deleted pod it is told how its containers have ended.
    if (!failure || context.isDeleted || !mayStart(pod, kind, container, latest)) return status;
    const lastState = status.state?.terminated ? status.state : status.lastState;
    return {
      ...status,
      ...(lastState ? { lastState } : {}),
      state: { waiting: { reason: failure.reason, message: failure.message } },
    };
  });
}

/** Whether a container that does not run is going to be started. Ephemeral containers are never restarted. */
function mayStart(
  pod: Pod,
  kind: ContainerKind,
  container: Container,
  latest: RuntimeContainer | undefined,
): boolean {
  if (kind === 'ephemeral') return (latest?.state ?? 'created') === 'created';
  return shouldRestart(pod, container, latest);
}

/** The status of a container that the runtime has; `former` is the one before it. */
function fromRuntime(
  container: Container,
  latest: RuntimeContainer,
  former: RuntimeContainer | undefined,
  before: ContainerStatus | undefined,
  { runtimeName, probes, canMountRecursivelyReadOnly }: ContainerStatusContext,
): ContainerStatus {
  const started = latest.state === 'running' && hasStarted(probes.result('startup', latest.id));
  const readiness = probes.result('readiness', latest.id);
  const containerID = `${runtimeName}://${latest.id}`;
  const status: ContainerStatus = {
    name: container.name,
    state: containerState(latest, runtimeName),
    // A view may show the former container as it was before it was killed.
    lastState:
      former?.state === 'exited' ? containerState(former, runtimeName) : formerState(before, containerID),
    ready: started && (readiness === undefined || readiness === 'success'),
    restartCount: Math.max(latest.restartCount, before?.restartCount ?? 0),
    image: latest.image || container.image,
    imageID: latest.imageRef,
    containerID,
    started,
    ...volumeMounts(container, canMountRecursivelyReadOnly),
    ...settingsStatus(container, latest),
  };
  if (!before) return status;
  if (latest.state === 'unknown' && before.state?.running) {
    // It must not count as one that never ran: that could run a pod twice which runs once.
    const message = 'The container could not be located when the pod was terminated';
    return { ...status, state: unknownEnd(message), restartCount: before.restartCount + 1 };
  }
  // The runtime and the logs have lost how often it was restarted.
  const isNext = latest.state === 'running' && before.state?.terminated && before.containerID !== containerID;
  if (isNext && before.restartCount >= latest.restartCount) status.restartCount = before.restartCount + 1;
  return status;
}

/** The status of a container that the runtime does not have. */
function lostStatus(
  pod: Pod,
  container: Container,
  before: ContainerStatus | undefined,
  { restartsAll, isDeleted, canMountRecursivelyReadOnly }: ContainerStatusContext,
): ContainerStatus {
  const reason = containersOfKind(pod.spec, 'init').length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const { restartCount = 0, lastState = {}, state } = before ?? {};
  const status: ContainerStatus = {
    name: container.name,
    state: { waiting: { reason } },
    lastState,
    ready: false,
    restartCount,
    image: container.image,
    imageID: '',
    started: false,
    ...volumeMounts(container, canMountRecursivelyReadOnly),
  };
  if (restartsAll && before && !state?.waiting) {
    const message = 'The container is removed because RestartAllContainers in place';
    return {
      ...status,
      state: { waiting: { reason: restartingAllContainers, message } },
      lastState: unseenEnd(137, restartingAllContainers, message),
      restartCount: restartCount + 1,
    };
  }
  if (before && state?.terminated) return { ...before, ready: false, started: false };
  if (!state?.running || lastState.terminated) return status;
  const message =
    'The container could not be located when the pod was deleted.  The container used to be Running';
  return { ...status, lastState: unknownEnd(message), restartCount: restartCount + (isDeleted ? 0 : 1) };
}

/** An end that nobody saw. */
function unseenEnd(exitCode: number, reason: string, message: string): ContainerState {
  return { terminated: { exitCode, reason, message, startedAt: null, finishedAt: null } };
}

/** The end of a container that ran and cannot be found. */
function unknownEnd(message: string): ContainerState {
  return unseenEnd(137, 'ContainerStatusUnknown', message);
}

/** The termination of the container before this one, from the last status. */
function formerState(before: ContainerStatus | undefined, containerID: string): ContainerState {
  const { state, lastState = {} } = before ?? {};
  if (state?.terminated && before?.containerID !== containerID) return state;
  // The status of a container in back-off has its termination in `lastState`.
  return lastState.terminated?.containerID === containerID ? {} : lastState;
}

function volumeMounts(
  container: Container,
  canMountRecursivelyReadOnly: boolean,
): Pick<ContainerStatus, 'volumeMounts'> {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      ...(mount.readOnly
        ? { readOnly: true, recursiveReadOnly: effectiveMode(mount, canMountRecursivelyReadOnly) }
        : {}),
    })),
  };
}

function containerState(container: RuntimeContainer, runtimeName: string): ContainerState {
  switch (container.state) {
    case 'running':
      return { running: { startedAt: timestamp(container.startedAt) } };
    case 'exited':
      return {
        terminated: {
          exitCode: container.exitCode,
          reason: container.reason || (container.exitCode === 0 ? 'Completed' : 'Error'),
          ...(container.message ? { message: container.message } : {}),
          startedAt: timestamp(container.startedAt),
          finishedAt: timestamp(container.finishedAt),
          containerID: `${runtimeName}://${container.id}`,
        },
      };
    case 'created':
    case 'unknown':
      return { waiting: {} };
  }
}

/** An init container that the runtime has forgotten, in a pod that is past its initialization. */
const lostInit = unseenEnd(
  0,
  'Completed',
  'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally',
);

function wasInitialized(pod: Pod, runtime: PodRuntimeStatus): boolean {
  return pod.spec.containers.some(({ name }) => runtime.containers.some((each) => each.name === name));
}

/** A time as the API writes it, in whole seconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
