// Applies the outcome of a step to the view: the runtime's state, the next round, why containers wait. Pure.
import { eachContainer } from '../../api/each-container.ts';
import { withStarted } from '../../cgroups/sizes.ts';
import { latestContainer } from '../../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../../kubecontainer/start-error.ts';
import type { Outcome } from './outcome.ts';
import type { PodView, Waiting } from './view.ts';

/** The view after a step. */
export function fold(view: PodView, outcome: Outcome): PodView {
  switch (outcome.result) {
    case 'prepared': {
      const { volumes, images, imageVolumes } = outcome;
      return { ...view, prepared: { volumes, images, imageVolumes } };
    }
    case 'runtime-changed':
      return { ...view, runtimeIs: 'stale' };
    case 'sandbox-created': {
      const former = view.runtime.sandboxes.map((each) => ({ ...each, ready: false }));
      return { ...view, runtime: { ...view.runtime, sandboxes: [outcome.sandbox, ...former] } };
    }
    case 'container-started': {
      const { container } = outcome;
      const containers = [...(container ? [container] : []), ...view.runtime.containers];
      return {
        ...view,
        runtime: { ...view.runtime, containers },
        waiting: without(view.waiting, outcome.name),
      };
    }
    case 'container-failed': {
      const failed: PodView = {
        ...view,
        runtimeIs: 'stale',
        waiting: new Map([...view.waiting, [outcome.name, outcome.failure]]),
      };
      return outcome.retryAt === undefined
        ? { ...failed, retry: 'after a pause' }
        : { ...failed, lookAt: earlier(view.lookAt, outcome.retryAt) };
    }
    case 'backs-off':
      return {
        ...view,
        waiting: new Map([...view.waiting, [outcome.name, outcome.failure]]),
        lookAt: earlier(view.lookAt, outcome.until),
      };
    case 'pod-failed':
      return {
        ...view,
        runtimeIs: 'stale',
        waiting: new Map([...view.waiting, ...neverStarted(view, outcome.message)]),
        ...(outcome.retryAt === undefined
          ? { retry: 'after a pause' }
          : { retry: 'on news', lookAt: earlier(view.lookAt, outcome.retryAt) }),
        rest: 'stop',
      };
    case 'pod-resized': {
      const { actuated, error } = outcome;
      const resized: PodView = { ...view, runtimeIs: 'stale', resize: { actuated, error } };
      return error === undefined ? resized : { ...resized, retry: 'after a pause' };
    }
    case 'aborted':
      return { ...view, rest: 'stop' };
  }
}

/**
 * The view before the container called `name` is started. Its new sizes count as given from now on: a kubelet that is
 * killed right after the start would else restart it for the same resize.
 */
export function starting(view: PodView, name: string): PodView {
  const actuated = withStarted(view.resize.actuated, view.pod, name);
  return actuated === view.resize.actuated ? view : { ...view, resize: { ...view.resize, actuated } };
}

/** Every container that does not exist waits for the pod as a whole. */
function neverStarted({ pod, runtime }: PodView, message: string): [string, StartFailure][] {
  return eachContainer(pod.spec)
    .filter(({ container }) => latestContainer(runtime, container.name) === undefined)
    .map(({ container }) => [container.name, { reason: 'ContainerCreating', message }]);
}

function without(waiting: Waiting, name: string): Waiting {
  return new Map([...waiting].filter(([each]) => each !== name));
}

function earlier(one: number | undefined, other: number): number {
  return Math.min(one ?? other, other);
}
