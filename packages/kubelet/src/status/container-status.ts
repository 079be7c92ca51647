// The API status of containers, from the runtime's state and this kubelet's failures.
import { type ContainerKind, containersOfKind, isSidecar } from '../api/each-container.ts';
import type { Container, ContainerState, ContainerStatus, Pod } from '../api/pod.ts';
import { effectiveMode } from '../containers/recursive-read-only.ts';
import { shouldRestart } from '../containers/restart-policy.ts';
import type { PodRuntimeStatus, RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../kubecontainer/start-error.ts';
import type { ProbeResults } from '../prober/results.ts';
import { hasStarted } from '../prober/threshold.ts';
import { settingsStatus } from './container-resources.ts';
import { lostContainer, removedContainer, restartCount, unseenEnd } from './former-status.ts';

/** The further inputs, as of a pod's status. */
interface Context {
  runtimeName: string;
  probes: ProbeResults;
  canMountRecursivelyReadOnly: boolean;
  failures: ReadonlyMap<string, StartFailure>;
  /** Whether containers are removed because all of the pod restart. */
  isRestarting: boolean;
}

/**
 * The statuses of the pod's containers of one kind, in the order of its specification. Keeps `lastState` of `previous`
 * when the runtime no longer has that container.
 */
export function containerStatuses(
  pod: Pod,
  kind: ContainerKind,
  runtime: PodRuntimeStatus,
  context: Context,
  previous: readonly ContainerStatus[],
): ContainerStatus[] {
  return containersOfKind(pod.spec, kind).map(({ container }) => {
    const [latest, former] = runtime.containers.filter((each) => each.name === container.name);
    const status = fromRuntime(pod, container, latest, former, context);
    const before = previous.find((each) => each.name === container.name);
    const lost = context.isRestarting ? removedContainer : lostContainer;
    if (!latest && before) Object.assign(status, lost(before, status));
    else if (!former && before) status.lastState = formerState(before, status);
    if (latest && before) status.restartCount = restartCount(before, status);
    if (kind === 'init' && !isSidecar(container)) {
      if (status.state?.terminated?.exitCode === 0) return { ...status, ready: true };
      status.ready = false;
      if (!latest && status.state?.waiting && wasInitialized(pod, runtime))
        return { ...status, ready: true, state: lostInit };
    }
    const failure = context.failures.get(container.name);
    if (!failure || !shouldRestart(pod, container, latest)) return status;
    const lastState = status.state?.terminated ? status.state : status.lastState;
    return {
      ...status,
      ...(lastState ? { lastState } : {}),
      state: { waiting: { reason: failure.reason, message: failure.message } },
    };
  });
}

function fromRuntime(
  pod: Pod,
  container: Container,
  latest: RuntimeContainer | undefined,
  former: RuntimeContainer | undefined,
  { runtimeName, probes, canMountRecursivelyReadOnly }: Context,
): ContainerStatus {
  const started = latest?.state === 'running' && hasStarted(probes.result('startup', latest.id));
  const readiness = latest && probes.result('readiness', latest.id);
  const waiting = containersOfKind(pod.spec, 'init').length > 0 ? 'PodInitializing' : 'ContainerCreating';
  return {
    name: container.name,
    state: latest ? containerState(latest, runtimeName) : { waiting: { reason: waiting } },
    // A view may show the former container as it was before it was killed.
    lastState: former?.state === 'exited' ? containerState(former, runtimeName) : {},
    ready: started && (readiness === undefined || readiness === 'success'),
    restartCount: latest?.restartCount ?? 0,
    image: latest?.image || container.image,
    imageID: latest?.imageRef ?? '',
    ...(latest ? { containerID: `${runtimeName}://${latest.id}` } : {}),
    started,
    ...volumeMounts(container, canMountRecursivelyReadOnly),
    ...(latest && settingsStatus(container, latest)),
  };
}

/** The previous container's termination, from the last status. */
function formerState(before: ContainerStatus, now: ContainerStatus): ContainerState {
  const { state, lastState = {} } = before;
  if (state?.terminated && before.containerID !== now.containerID) return state;
  // The status of a container in back-off has its termination in `lastState`.
  return lastState.terminated?.containerID === now.containerID ? {} : lastState;
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
