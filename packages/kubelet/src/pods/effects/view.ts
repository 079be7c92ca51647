// The view: the state of a pod during one round, which steps read and `fold` updates.
import type { Pod } from '../../api/pod.ts';
import type { ActuatedSizes } from '../../cgroups/sizes.ts';
import type { PresentImage } from '../../kubecontainer/present-image.ts';
import { latestContainer, type PodRuntimeStatus } from '../../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../../kubecontainer/start-error.ts';
import type { PreparedVolumes } from '../../volumes/manager.ts';
import type { PodAction } from '../actions/actions.ts';

/** Why containers wait, by name. */
export type Waiting = ReadonlyMap<string, StartFailure>;

/** The results of prepare-pod. */
export interface Prepared {
  volumes: PreparedVolumes;
  /** Images by container, pulled while other steps run. */
  images: ReadonlyMap<string, Promise<PresentImage>>;
  /** Images by image volume, pulled likewise. */
  imageVolumes: ReadonlyMap<string, Promise<PresentImage>>;
}

/** How far the resize of a pod is. */
export interface ResizeState {
  actuated: ActuatedSizes;
  /** Why the last attempt failed; undefined: it did not. */
  error: string | undefined;
}

/** The input of a step. Steps never change it; `fold` makes the next one. */
export interface PodView {
  pod: Pod;
  runtime: PodRuntimeStatus;
  /** `stale`: a step changed the runtime's state, so `runtime` must be read again. */
  runtimeIs: 'known' | 'stale';
  waiting: Waiting;
  /** By name, the highest restart count of a container that is known to have been started. */
  restartCounts: ReadonlyMap<string, number>;
  /** The sizes that the pod's cgroups have, and why a resize failed. */
  resize: ResizeState;
  /** Undefined until the pod is prepared. */
  prepared: Prepared | undefined;
  /** Time of the next round, in milliseconds since the epoch, when a back-off ends; undefined: none. */
  lookAt: number | undefined;
  /** `after a pause`: a step failed without a time for the next attempt; `on news`: `lookAt` is that time. */
  retry: 'not needed' | 'after a pause' | 'on news';
  /** Whether to run the remaining steps: `stop` when they cannot succeed. */
  rest: 'go on' | 'stop';
}

/**
 * The view at the start of a round with `actions`. Drops the waiting reasons of containers that run or need no action.
 */
export function firstView(
  pod: Pod,
  runtime: PodRuntimeStatus,
  { waiting, restartCounts, resize }: Pick<PodView, 'waiting' | 'restartCounts' | 'resize'>,
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
    restartCounts,
    resize,
    prepared: undefined,
    lookAt: undefined,
    retry: 'not needed',
    rest: 'go on',
  };
}
