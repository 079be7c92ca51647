// The status of a pod as the API shows it: a pure function of the pod, the runtime and what went wrong here.
import type { Pod, PodStatus } from '../api/pod.ts';
import { qosClass } from '../cgroups/qos-class.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { podConditions } from './conditions.ts';
import { containerStatuses, type StartFailure, timestamp } from './container-status.ts';
import { podPhase } from './phase.ts';

/** What a status depends on besides the pod and the runtime. */
export interface StatusContext {
  /** The scheme of container ids, such as `berth` or `containerd`. */
  runtimeName: string;
  failures: ReadonlyMap<string, StartFailure>;
  hostIps: string[];
  /** Addresses of the pod; none before it has a sandbox. */
  podIps: string[];
  /** Milliseconds since the epoch. */
  now: number;
  startedAt: number;
  /** True once `activeDeadlineSeconds` is over: the pod has failed. */
  deadlineExceeded: boolean;
}

/** The pod's status. `previous` gives what must not change without cause: times of transition. */
export function podStatus(
  pod: Pod,
  runtime: PodRuntimeStatus,
  context: StatusContext,
  previous: PodStatus | undefined,
): PodStatus {
  const init = containerStatuses(pod, 'init', runtime, context, previous?.initContainerStatuses ?? []);
  const regular = containerStatuses(pod, 'regular', runtime, context, previous?.containerStatuses ?? []);
  const phase = context.deadlineExceeded ? 'Failed' : podPhase(pod, init, regular);
  const statuses = { init, regular, phase };
  const now = timestamp(context.now);
  const [hostIP] = context.hostIps;
  const [podIP] = context.podIps;
  return {
    phase,
    conditions: podConditions(pod, runtime, statuses, previous?.conditions ?? [], now),
    ...(context.deadlineExceeded ? deadlineReason : {}),
    ...(hostIP ? { hostIP, hostIPs: context.hostIps.map((ip) => ({ ip })) } : {}),
    ...(podIP ? { podIP, podIPs: context.podIps.map((ip) => ({ ip })) } : {}),
    startTime: timestamp(context.startedAt),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: [...regular].sort((a, b) => (a.name < b.name ? -1 : 1)),
    qosClass: qosClass(pod),
  };
}

const deadlineReason = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};
