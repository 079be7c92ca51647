// How far the pods are that a command waits for: pure, from the state of the node.
import { formatReference, parseReference } from '@berth/oci/reference/reference.ts';
import type { ImagePull } from '@berth/runtime/image/pull.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { podContainers } from './failure.ts';
import { type PodProgress, type PullBytes, podProgress } from './progress.ts';
import { type CurrentRejections, podRejection } from './rejections.ts';
import type { RestartsBefore } from './restarts.ts';
import { versionsOf } from './versions.ts';
import type { NodeState } from './watch.ts';

/** A pod that a command waits for. */
export interface WantedPod {
  readonly uid: string;
  /** As people call it: `namespace/name` in the manifest. */
  readonly name: string;
  /** `namespace/name` on this node. */
  readonly key: string;
  /** Its manifest in the kubelet's directory. */
  readonly file: string;
}

/** A pod, and how far it is. */
export interface JudgedPod {
  readonly wanted: WantedPod;
  readonly pod: v1.Pod | undefined;
  readonly progress: PodProgress;
}

/** What was so before the wait began. */
export interface Before {
  readonly rejections: CurrentRejections;
  readonly restarts: RestartsBefore;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Judges each pod. */
export function judgePods(
  state: NodeState,
  wanted: readonly WantedPod[],
  { rejections, restarts, since }: Before,
  now: number,
): JudgedPod[] {
  const rejected = rejections.of(state.rejected, now - since);
  return wanted.map((each) => {
    const { current: pod, former } = versionsOf(state.pods, each);
    const progress = podProgress({
      pod,
      former,
      rejection: podRejection(rejected, each),
      pulls: pod === undefined ? [] : pullsOf(pod, state.pulls),
      restartsBefore: restarts.of(each.uid, pod),
      now,
    });
    return { wanted: each, pod, progress };
  });
}

/** The pulls of a pod's images, under the names that the pod has for them. */
export function pullsOf(pod: v1.Pod, pulls: readonly ImagePull[]): PullBytes[] {
  if (pulls.length === 0) return [];
  const images = [...new Set(podContainers(pod).map(({ image }) => image))];
  return images.flatMap((image) => {
    const name = fullName(image);
    const pull = pulls.find((each) => each.image === name);
    return pull === undefined ? [] : [{ image, done: pull.doneBytes, total: pull.totalBytes }];
  });
}

function fullName(image: string): string | undefined {
  try {
    return formatReference(parseReference(image));
  } catch {
    return undefined;
  }
}
