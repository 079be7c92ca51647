// The API status of a pod: a pure function of the pod, the runtime's state and this kubelet's failures.
import type { AllocatedResourceStatus, Container, ContainerStatus, Pod, PodStatus } from '../api/pod.ts';
import { isFinalPhase } from '../api/pod-phase.ts';
import { isStatic } from '../api/pod-source-of.ts';
import { qosClass } from '../cgroups/qos-class.ts';
import { allContainersRestart } from '../containers/restart-policy.ts';
import { emptyRuntimeStatus, type PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../kubecontainer/start-error.ts';
import { endedStatus, type PodEnd, type Rejected } from '../pods/end/pod-end.ts';
import type { ProbeResults } from '../prober/results.ts';
import { isOfKubelet } from './condition-owners.ts';
import { observedGeneration, podConditions } from './conditions.ts';
import { containerStatuses, timestamp } from './container-status.ts';
import { disruptionConditions } from './disruption.ts';
import { withShortMessages } from './message-limit.ts';
import { podPhase } from './phase.ts';
import { podTotals } from './quantities.ts';
import { type ResizeProgress, resizeConditions } from './resize-conditions.ts';

/** The further inputs of a status. */
export interface StatusContext {
  /** The scheme of container ids, such as `berth` or `containerd`. */
  runtimeName: string;
  probes: ProbeResults;
  /** Whether the runtime can make mounts below a read-only mount read-only. */
  canMountRecursivelyReadOnly: boolean;
  failures: ReadonlyMap<string, StartFailure>;
  hostIps: string[];
  /** Addresses of the pod; none before it has a sandbox. */
  podIps: string[];
  /** Milliseconds since the epoch. */
  now: number;
  startedAt: number;
  /** Why the pod must end; undefined: it continues. */
  end: PodEnd | undefined;
  /** The health of the devices that a container has; none without. */
  deviceHealth?(container: Container): readonly AllocatedResourceStatus[];
  /** How far a change of its resources is; none without. */
  resize?: ResizeProgress;
  /** The status that the API server has, with conditions of others; undefined: there is none. */
  served?: PodStatus | undefined;
  /** Whether all containers have stopped for good: the phase is then final, unless the pod is static. */
  isOver?: boolean;
}

/** The pod's status. Keeps the transition times of unchanged conditions in `previous`. */
export function podStatus(
  pod: Pod,
  runtime: PodRuntimeStatus,
  context: StatusContext,
  previous: PodStatus | undefined,
): PodStatus {
  const restartsAll = isRestartingAll(pod, runtime, previous);
  const ofContainers = { ...context, restartsAll, isDeleted: context.end?.by === 'deleted' };
  const init = containerStatuses(pod, 'init', runtime, ofContainers, previous?.initContainerStatuses ?? []);
  const ephemeral = containerStatuses(
    pod,
    'ephemeral',
    runtime,
    ofContainers,
    previous?.ephemeralContainerStatuses ?? [],
  );
  const regular = containerStatuses(
    pod,
    'regular',
    runtime,
    ofContainers,
    previous?.containerStatuses ?? [],
  ).map((status) => {
    const container = pod.spec.containers.find(({ name }) => name === status.name);
    return withDeviceHealth(status, (container && context.deviceHealth?.(container)) ?? []);
  });
  const isOver = context.isOver === true && !isStatic(pod);
  const { phase = podPhase(pod, init, regular, isOver), ...reason } = endedStatus(context.end) ?? {};
  const statuses = { init, regular, phase, restartsAll };
  const now = timestamp(context.now);
  const conditions = previous?.conditions ?? [];
  const [hostIP] = context.hostIps;
  const [podIP] = context.podIps;
  const ofOthers = (context.served?.conditions ?? []).filter(({ type }) => !isOfKubelet(type));
  const disruption = disruptionConditions(pod, context.end, conditions, now);
  return {
    phase,
    conditions: [
      ...ofOthers.filter(({ type }) => !disruption.some((own) => own.type === type)),
      ...(isFinalPhase(phase) || !context.resize
        ? []
        : resizeConditions(pod, context.resize, conditions, now)),
      ...disruption,
      ...podConditions(pod, runtime, { ...statuses, ofOthers }, conditions, now),
    ],
    ...reason,
    ...(hostIP ? { hostIP, hostIPs: context.hostIps.map((ip) => ({ ip })) } : {}),
    ...(podIP ? { podIP, podIPs: context.podIps.map((ip) => ({ ip })) } : {}),
    startTime: timestamp(context.startedAt),
    ...(init.length > 0 ? { initContainerStatuses: withShortMessages(init, pod) } : {}),
    containerStatuses: byName(withShortMessages(regular, pod)),
    ...(ephemeral.length > 0
      ? { ephemeralContainerStatuses: byName(withShortMessages(ephemeral, pod)) }
      : {}),
    qosClass: qosClass(pod),
    ...observedGeneration(pod),
    ...podResources(pod),
  };
}

/** The status with the health of the container's devices now. */
function withDeviceHealth(
  { allocatedResourcesStatus: _former, ...status }: ContainerStatus,
  health: readonly AllocatedResourceStatus[],
): ContainerStatus {
  return health.length === 0 ? status : { ...status, allocatedResourcesStatus: [...health] };
}

/** Whether all containers of the pod are being restarted together, until all are removed. */
function isRestartingAll(pod: Pod, runtime: PodRuntimeStatus, previous: PodStatus | undefined): boolean {
  const condition = previous?.conditions?.find(({ type }) => type === 'AllContainersRestarting');
  return condition?.status === 'True' || allContainersRestart(pod, runtime);
}

function byName(statuses: readonly ContainerStatus[]): ContainerStatus[] {
  return [...statuses].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The status of a pod that is not started; it has waited since `at` (milliseconds since the epoch). */
export function pendingStatus(pod: Pod, hostIps: string[], at: number): PodStatus {
  const nothing = {
    runtimeName: '',
    probes: { result: () => undefined },
    canMountRecursivelyReadOnly: false,
    failures: new Map(),
    podIps: [],
    end: undefined,
  };
  const context = { ...nothing, hostIps, now: at, startedAt: at };
  return podStatus(pod, emptyRuntimeStatus(pod.metadata), context, undefined);
}

/**
 * The status of a pod that this node did not admit, as the real kubelet writes it: no conditions and no containers,
 * because nothing of it was ever made. `at`: milliseconds since the epoch.
 */
export function rejectedStatus(pod: Pod, end: Rejected, at: number): PodStatus {
  const status = { ...endedStatus(end), startTime: timestamp(at), qosClass: qosClass(pod) };
  return { ...status, ...observedGeneration(pod) };
}

/** The pod's allocated resources: a static pod shows them, whatever its cgroup has. */
function podResources(pod: Pod): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const [requests, limits] = [podTotals(pod, 'requests'), podTotals(pod, 'limits')];
  const isEmpty = (list: object) => Object.keys(list).length === 0;
  return {
    resources: { ...(isEmpty(requests) ? {} : { requests }), ...(isEmpty(limits) ? {} : { limits }) },
    ...(isEmpty(requests) ? {} : { allocatedResources: requests }),
  };
}
