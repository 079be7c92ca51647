// The types of steps, which pod-actions.ts decides and pods/effects/ execute, and their constructors.
import type { ContainerKind } from '../../api/each-container.ts';
import type { Container } from '../../api/pod.ts';
import type { Wait } from '../../backoff/backoff.ts';
import type { RuntimeContainer } from '../../kubecontainer/runtime-status.ts';
import type { PodEnd } from '../end/pod-end.ts';

/** One step. Steps are executed in the order of the list. */
export type PodAction =
  /** Start the pulls of these containers' images; make volumes, cgroup and log directory. */
  | { do: 'prepare-pod'; containers: readonly string[] }
  /** Stop every running container and ready sandbox. */
  | { do: 'kill-pod'; reason: string }
  | { do: 'kill-container'; id: string; name: string; reason: string }
  /** Remove a container that does not run, with its log. */
  | { do: 'remove-container'; id: string; name: string; restartCount: number }
  | { do: 'create-sandbox'; attempt: number }
  /** `restartCount` is undefined for the first container of its name that the runtime knows of. */
  | { do: 'start-container'; name: string; kind: ContainerKind; restartCount: number | undefined }
  /** The container is in crash back-off until `wait.until`. */
  | { do: 'back-off'; name: string; kind: ContainerKind; wait: Wait };

/** The further inputs of decisions. */
export interface ActionContext {
  /** The current crash back-off of a container that ended at `finishedAt` (ms since the epoch). */
  backOff: (containerName: string, finishedAt: number) => Wait | undefined;
  /** Why the pod must end; undefined: it continues. */
  end: PodEnd | undefined;
}

/** A step that starts `container` after `latest`, or a back-off step. */
export function startOrBackOff(
  container: Container,
  kind: ContainerKind,
  latest: RuntimeContainer | undefined,
  context: ActionContext,
): PodAction[] {
  const wait = latest?.state === 'exited' ? context.backOff(container.name, latest.finishedAt) : undefined;
  if (wait) return [{ do: 'back-off', name: container.name, kind, wait }];
  const step = start(container, kind, latest);
  // A container that was created and never started (the kubelet was killed, or StartContainer failed) is replaced by one
  // with the same restart count.
  if (latest?.state !== 'created') return [step];
  return [remove(latest), step];
}

/** A step that starts `container` as the one after `latest`. */
export function start(
  container: Container,
  kind: ContainerKind,
  latest: RuntimeContainer | undefined,
): PodAction {
  const restartCount =
    latest === undefined ? undefined : latest.restartCount + (latest.state === 'created' ? 0 : 1);
  return { do: 'start-container', name: container.name, kind, restartCount };
}

/** A step that removes a container that does not run. */
export function remove({ id, name, restartCount }: RuntimeContainer): PodAction {
  return { do: 'remove-container', id, name, restartCount };
}

/** A step that stops one container. */
export function kill(container: RuntimeContainer, reason: string): PodAction {
  return { do: 'kill-container', id: container.id, name: container.name, reason };
}
