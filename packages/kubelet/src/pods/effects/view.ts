// What is known of a pod in the course of one round.
import type { Pod } from '../../api/pod.ts';
import type { PresentImage } from '../../kubecontainer/present-image.ts';
import { latestContainer, type PodRuntimeStatus } from '../../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../../kubecontainer/start-error.ts';
import type { PodAction } from '../actions/actions.ts';

/** Why containers wait, by name. */
export type Waiting = ReadonlyMap<string, StartFailure>;

/** What prepare-pod made ready for the containers. */
export interface Prepared {
  /** Paths on the node of the pod's volumes, by name. */
  volumes: ReadonlyMap<string, string>;
  /** Images by container, pulled while other steps are carried out. */
  images: ReadonlyMap<string, Promise<PresentImage>>;
}

/** Everything that a step may look at; steps never change it, `fold` makes the next one. */
export interface PodView {
  pod: Pod;
  runtime: PodRuntimeStatus;
  /** `stale`: a step changed what `runtime` does not show, so the runtime has to be asked again. */
  runtimeIs: 'known' | 'stale';
  waiting: Waiting;
  /** Undefined until the pod is prepared. */
  prepared: Prepared | undefined;
  /** When to look again, in milliseconds since the epoch: a back-off ends; undefined: nothing has a time. */
  lookAt: number | undefined;
  /** `after a pause`: something failed that has no time of its own for another attempt. */
  retry: 'not needed' | 'after a pause';
  /** Of the steps: `stop` when those that are left make no sense. */
  rest: 'go on' | 'stop';
}

/**
 * The view at the begin of a round that has `actions`. A container that runs, or of which nothing is wanted any more,
 * waits for nothing.
 */
export function firstView(
  pod: Pod,
  runtime: PodRuntimeStatus,
  waiting: Waiting,
  actions: readonly PodAction[],
): PodView {
  const wanted = new Set(actions.flatMap((action) => ('name' in action ? [action.name] : [])));
  const stillWaiting = [...waiting].filter(
    ([name]) => wanted.has(name) && latestContainer(runtime, name)?.state !== 'running',
  );
  return {
    pod,
    runtime,
    runtimeIs: 'known',
    waiting: new Map(stillWaiting),
    prepared: undefined,
    lookAt: undefined,
    retry: 'not needed',
    rest: 'go on',
  };
}
