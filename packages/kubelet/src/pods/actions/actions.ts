// The types of steps, which pod-actions.ts decides and pods/effects/ execute, and their constructors.
import type { ContainerKind } from '../../api/each-container.ts';
import type { Container, Pod } from '../../api/pod.ts';
import type { Wait } from '../../backoff/backoff.ts';
import type { ActuatedSizes, Sizes } from '../../cgroups/sizes.ts';
import { restartsOnFailure } from '../../containers/restart-policy.ts';
import {
  latestContainer,
  type PodRuntimeStatus,
  type RuntimeContainer,
} from '../../kubecontainer/runtime-status.ts';
import type { ProbeResults } from '../../prober/results.ts';
import type { PodEnd } from '../end/pod-end.ts';

/** One step. Steps are executed in the order of the list. */
export type PodAction =
  /** Start the pulls of these containers' images; make volumes, cgroup and log directory. */
  | { do: 'prepare-pod'; containers: readonly string[] }
  /** Stop every running container and ready sandbox. `graceSeconds`: instead of the pod's own grace period. */
  | { do: 'kill-pod'; reason: string; graceSeconds?: number }
  /** `graceSeconds` is undefined for the grace period of the pod. */
  | { do: 'kill-container'; id: string; name: string; reason: string; graceSeconds: number | undefined }
  /** Remove a container that does not run, and its log unless `keepLog`. */
  | { do: 'remove-container'; id: string; name: string; restartCount: number; keepLog: boolean }
  | { do: 'create-sandbox'; attempt: number }
  /** `restartCount` is undefined for the first container of its name that the runtime knows of. */
  | { do: 'start-container'; name: string; kind: ContainerKind; restartCount: number | undefined }
  | ResizePod
  /** The container is in crash back-off until `wait.until`. */
  | { do: 'back-off'; name: string; kind: ContainerKind; wait: Wait };

/** A container that runs, and the sizes that it has and is to have. */
export interface ContainerResize {
  id: string;
  name: string;
  from: Sizes;
  to: Sizes;
}

/** A step that gives containers and the pod's cgroup other sizes. */
export interface ResizePod {
  do: 'resize-pod';
  /** Containers whose memory changes, in this order: those that shrink before those that grow. */
  memory: readonly ContainerResize[];
  /** Those whose CPU changes, likewise. */
  cpu: readonly ContainerResize[];
  /** Whether the pod's cgroup changes all the same: for a container that starts, or for the pod's own resources. */
  wholePod: boolean;
}

/** The further inputs of decisions. */
export interface ActionContext {
  /** The current crash back-off of a container that ended at `finishedAt` (ms since the epoch). */
  backOff: (container: Container, finishedAt: number) => Wait | undefined;
  probes: ProbeResults;
  /** The sizes that the pod's cgroups have. */
  actuated: ActuatedSizes;
  /** Why the pod must end; undefined: it continues. */
  end: PodEnd | undefined;
}

/** The steps that start the next container of this definition, or a back-off step. */
export function startOrBackOff(
  container: Container,
  kind: ContainerKind,
  status: PodRuntimeStatus,
  context: ActionContext,
): PodAction[] {
  const ended = lastEnded(status, container.name);
  const wait = ended && context.backOff(container, ended.finishedAt);
  if (wait) return [{ do: 'back-off', name: container.name, kind, wait }];
  const latest = latestContainer(status, container.name);
  const step = start(container, kind, latest);
  // A container that was created and never started (the kubelet was killed, or StartContainer failed) is replaced by one
  // with the same restart count.
  if (latest?.state !== 'created') return [step];
  return [remove(latest), step];
}

/** The newest container of this name that has ended: the back-off of the next one counts from its end. */
export function lastEnded(status: PodRuntimeStatus, name: string): RuntimeContainer | undefined {
  return status.containers.find((each) => each.name === name && each.state === 'exited');
}

function start(container: Container, kind: ContainerKind, latest: RuntimeContainer | undefined): PodAction {
  const restartCount =
    latest === undefined ? undefined : latest.restartCount + (latest.state === 'created' ? 0 : 1);
  return { do: 'start-container', name: container.name, kind, restartCount };
}

/** A step that removes a container that does not run. */
export function remove(
  { id, name, restartCount }: RuntimeContainer,
  log: 'remove log' | 'keep log' = 'remove log',
): PodAction {
  return { do: 'remove-container', id, name, restartCount, keepLog: log === 'keep log' };
}

/** A step that stops one container. */
export function kill(container: RuntimeContainer, reason: string, graceSeconds?: number): PodAction {
  return { do: 'kill-container', id: container.id, name: container.name, reason, graceSeconds };
}

/** A step that stops a container because of its probe, within the grace period of that probe if it has one. */
export function probeKill(
  pod: Pod,
  container: Container,
  current: RuntimeContainer,
  probe: 'startup' | 'liveness',
): PodAction {
  const again = restartsOnFailure(pod, container) ? ', will be restarted' : '';
  const settings = probe === 'startup' ? container.startupProbe : container.livenessProbe;
  return kill(
    current,
    `Container ${container.name} failed ${probe} probe${again}`,
    settings?.terminationGracePeriodSeconds,
  );
}

/** A step that stops a container to start it again with other resources. */
export function resizeKill(container: Container, current: RuntimeContainer): PodAction {
  return kill(current, `Container ${container.name} resize requires restart`);
}
