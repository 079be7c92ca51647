// The steps of a pod's life, and how one is put together.
import type { ContainerKind } from '../../api/each-container.ts';
import type { Container } from '../../api/pod.ts';
import type { Wait } from '../../backoff/backoff.ts';
import type { RuntimeContainer } from '../../kubecontainer/runtime-status.ts';
import type { PodEnd } from '../end/pod-end.ts';

/** One step. Steps are carried out in the order of the list. */
export type PodAction =
  /** Start the pulls of these containers' images; make volumes, cgroup and log directory. */
  | { do: 'prepare-pod'; containers: readonly string[] }
  /** Stop every container and sandbox that still is alive. */
  | { do: 'kill-pod'; reason: string }
  | { do: 'kill-container'; id: string; name: string; reason: string }
  /** Remove a container that does not run, with its log. */
  | { do: 'remove-container'; id: string; name: string; restartCount: number }
  | { do: 'create-sandbox'; attempt: number }
  /** `restartCount` is undefined for the first container of its name that the runtime knows of. */
  | { do: 'start-container'; name: string; kind: ContainerKind; restartCount: number | undefined }
  /** The container crashed lately: nothing to do before `wait.until`. */
  | { do: 'back-off'; name: string; kind: ContainerKind; wait: Wait };

/** What decisions depend on besides the pod and its status. */
export interface ActionContext {
  /** The crash back-off that is on for a container that ended at `finishedAt` (ms since the epoch). */
  backOff: (containerName: string, finishedAt: number) => Wait | undefined;
  /** Why the pod has to end; undefined: it goes on. */
  end: PodEnd | undefined;
}

/** A step that starts `container` after `latest`, or the wait for it. */
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
