// Tells as events how the change of a pod's resources goes on, as its conditions show it.
import type { Container, Pod, PodCondition, PodStatus } from '../api/pod.ts';
import { isFinalPhase } from '../api/pod-phase.ts';
import { isBeingDeleted } from '../api/pod-source-of.ts';
import { aboutPod, type EventType, type Recorder } from '../events/event.ts';
import type { StatusListener } from './manager.ts';

/** An event about a pod. */
interface Told {
  type: EventType;
  reason: string;
  message: string;
}

/** Pure: the events of a pod whose status was `before` and is `after` now. */
export function resizeEvents(pod: Pod, before: PodStatus | undefined, after: PodStatus): Told[] {
  // What ends is not resized: that its conditions go is no completion.
  if (before === undefined || isFinalPhase(after.phase) || isBeingDeleted(pod)) return [];
  const [had, has] = [before, after].map((status) => conditionOf(status, 'PodResizeInProgress'));
  const told: Told[] = [];
  if (has && has.observedGeneration !== had?.observedGeneration)
    told.push({ type: 'Normal', reason: 'ResizeStarted', message: message(pod, 'started', has) });
  if (has?.reason === 'Error' && (had?.reason !== 'Error' || had.message !== has.message))
    told.push({ type: 'Warning', reason: 'ResizeError', message: message(pod, 'error', has) });
  if (had && !has)
    told.push({ type: 'Normal', reason: 'ResizeCompleted', message: message(pod, 'completed', had) });
  const [waited, waits] = [before, after].map((status) => conditionOf(status, 'PodResizePending'));
  const isNew = waits?.reason !== waited?.reason || waits?.message !== waited?.message;
  if (waits?.reason !== undefined && isNew)
    told.push({
      type: 'Warning',
      reason: `Resize${waits.reason}`,
      message: message(pod, waits.reason, waits),
    });
  return told;
}

/** Records the events of resizes; `podOf` has the pod as its manifest is now. */
export class ResizeEvents implements StatusListener {
  readonly #podOf: (uid: string) => Pod | undefined;
  readonly #recorder: Recorder;

  constructor(podOf: (uid: string) => Pod | undefined, recorder: Recorder) {
    this.#podOf = podOf;
    this.#recorder = recorder;
  }

  statusChanged(uid: string, before: PodStatus | undefined, after: PodStatus): void {
    if (!mayTell(before) && !mayTell(after)) return;
    const pod = this.#podOf(uid);
    if (!pod) return;
    for (const { type, reason, message: text } of resizeEvents(pod, before, after))
      this.#recorder.record(aboutPod(pod), type, reason, text);
  }

  forget(): void {}
}

function mayTell(status: PodStatus | undefined): boolean {
  return status?.conditions?.some(({ type }) => type.startsWith('PodResize')) === true;
}

function conditionOf({ conditions = [] }: PodStatus, type: string): PodCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** What is asked of the containers, as JSON. */
function message(
  { spec }: Pod,
  how: string,
  { observedGeneration = 0, message: error }: PodCondition,
): string {
  const { initContainers = [], containers } = spec;
  const summary = {
    ...(initContainers.length > 0 && { initContainers: initContainers.map(allocation) }),
    containers: containers.map(allocation),
    generation: observedGeneration,
    ...(error !== undefined && { error }),
  };
  return `Pod resize ${how}: ${JSON.stringify(summary)}`;
}

function allocation({ name, resources = {} }: Pick<Container, 'name' | 'resources'>): object {
  const { limits, requests, claims } = resources;
  return {
    name,
    resources: {
      ...(limits && { limits: sorted(limits) }),
      ...(requests && { requests: sorted(requests) }),
      ...(claims && { claims }),
    },
  };
}

function sorted(list: object): object {
  return Object.fromEntries(Object.entries(list).sort(([one], [other]) => (one < other ? -1 : 1)));
}
