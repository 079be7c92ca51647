// What events are: objects of Kubernetes' core/v1 about a pod, one of its containers, or the node.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type ContainerKind, eachContainer } from '../api/each-container.ts';
import type { Pod, PodIdentity } from '../api/pod.ts';

/** Whether something is as it should be. */
export type EventType = 'Normal' | 'Warning';

/** What an event is about. */
export interface EventSubject {
  pod: PodIdentity;
  /** The container in the pod's specification: `spec.containers{app}`; undefined for the pod as a whole. */
  fieldPath?: string;
  /** The pod's version in the API. */
  resourceVersion?: string;
}

/** An event, with the fields that each one has. */
export interface RecordedEvent extends v1.Event {
  metadata: { name: string; namespace: string; annotations?: Record<string, string> };
  type: EventType;
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
}

const fields: Readonly<Record<ContainerKind, string>> = {
  regular: 'spec.containers',
  init: 'spec.initContainers',
  ephemeral: 'spec.ephemeralContainers',
};

/** Records events. */
export interface Recorder {
  /** Records an event; nothing without a subject. */
  record(
    subject: EventSubject | undefined,
    type: EventType,
    reason: string,
    message: string,
    annotations?: Readonly<Record<string, string>>,
  ): void;
}

/** Records events of the node. */
export interface NodeRecorder {
  /** Records an event of the node, whose UID is known or not. */
  recordOfNode(type: EventType, reason: string, message: string, uid?: string): void;
}

/** A persistent volume, as events refer to it. */
export type VolumeReference = Pick<v1.ObjectReference, 'name' | 'uid' | 'resourceVersion'>;

/** Records events of persistent volumes. */
export interface VolumeRecorder {
  /** Records an event of a persistent volume. */
  recordOfVolume(volume: VolumeReference, type: EventType, reason: string, message: string): void;
}

/** A pod as the subject of an event. */
export function aboutPod({
  metadata: { name, namespace, uid, resourceVersion },
}: {
  metadata: PodIdentity & { resourceVersion?: string };
}): EventSubject {
  return { pod: { name, namespace, uid }, ...(resourceVersion !== undefined && { resourceVersion }) };
}

/** A pod or container as events refer to it. */
export function referenceTo({ pod, fieldPath, resourceVersion }: EventSubject): v1.ObjectReference {
  const { name, namespace, uid } = pod;
  return {
    kind: 'Pod',
    namespace,
    name,
    uid,
    apiVersion: 'v1',
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(fieldPath && { fieldPath }),
  };
}

/**
 * A container as the subject of an event. Undefined for one that the specification does not have, and for one of an
 * orphan, whose specification is gone: as the real kubelet, ours tells nothing of these.
 */
export function aboutContainer(pod: Pod | undefined, name: string): EventSubject | undefined {
  if (!pod) return undefined;
  const placed = eachContainer<{ name: string }>(pod.spec).find(({ container }) => container.name === name);
  return placed && { ...aboutPod(pod), fieldPath: `${fields[placed.kind]}{${name}}` };
}
