// What becomes of a mirror pod: the API server's image of a static pod, which makes it visible to the cluster.
// https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
import type { OwnerReference } from 'kubernetes-types/meta/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import { isBeingDeleted, podAnnotation } from '../../api/pod-source-of.ts';

/** `replace`: delete the mirror pod, then make a new one. */
export type MirrorStep = 'keep' | 'create' | 'replace' | 'delete';

/** What is known of one name. */
export interface MirrorFacts {
  /** The static pod of this name; undefined: no source has one. */
  pod: Pod | undefined;
  /** The mirror pod of this name. */
  mirror: Pod | undefined;
  /** Whether a static pod of this name still ends. */
  isEnding: boolean;
  /** Whether every source of pods was read, so that a pod that none has is none. */
  sourcesRead: boolean;
}

/** The step that brings the mirror pod in line with the static pod. One that still ends keeps its own until then. */
export function mirrorStep({ pod, mirror, isEnding, sourcesRead }: MirrorFacts): MirrorStep {
  if (isEnding) return 'keep';
  if (pod) {
    if (!mirror) return 'create';
    return isBeingDeleted(mirror) || !isMirrorOf(mirror, pod) ? 'replace' : 'keep';
  }
  return mirror && sourcesRead ? 'delete' : 'keep';
}

/** Whether the mirror pod shows this version of the static pod. */
export function isMirrorOf(mirror: { metadata: Pick<Pod['metadata'], 'annotations'> }, pod: Pod): boolean {
  const hash = mirror.metadata.annotations?.[podAnnotation.mirror];
  return hash !== undefined && hash === pod.metadata.annotations?.[podAnnotation.hash];
}

/** The mirror pod to create: the API server refuses one that its node does not own. */
export function mirrorOf(pod: Pod, node: { name: string; uid: string }): Pod {
  const owner: OwnerReference = {
    apiVersion: 'v1',
    kind: 'Node',
    name: node.name,
    uid: node.uid,
    controller: true,
  };
  const { annotations = {} } = pod.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...pod.metadata,
      annotations: { ...annotations, [podAnnotation.mirror]: annotations[podAnnotation.hash] ?? '' },
      ownerReferences: [owner],
    },
    spec: pod.spec,
  };
}
