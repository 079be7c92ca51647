// Chooses the container of a pod that a command means, as kubectl does.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { shortName } from './find.ts';

const defaultAnnotation = 'kubectl.kubernetes.io/default-container';

/** A container, and what to tell about the choice on standard error. */
export interface ChosenContainer {
  readonly name: string;
  readonly note?: string;
}

/**
 * The container that the user named, or the one of the annotation, or the first one. `unknownDefault` says what to do with
 * an annotation that names none of the pod's: kubectl's exec fails, and its logs take the first one.
 * @throws UserError for a container that the pod does not have
 */
export function chooseContainer(
  pod: v1.Pod,
  given: string | undefined,
  unknownDefault: 'fail' | 'tell',
): ChosenContainer {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const names = [...containers, ...initContainers, ...ephemeralContainers].map(({ name }) => name);
  const annotated = pod.metadata?.annotations?.[defaultAnnotation] ?? '';
  const wanted = given ?? annotated;
  if (wanted !== '' && names.includes(wanted)) return { name: wanted };
  const isTold = given === undefined && unknownDefault === 'tell';
  if (wanted !== '' && !isTold) {
    throw new UserError(
      `container ${wanted} is not valid for pod ${shortName(pod)} out of: ${containerNames(pod)}`,
    );
  }
  const [first] = containers;
  if (first === undefined) throw new UserError(`pod ${shortName(pod)} does not have any containers`);
  const notes = [
    ...(wanted === '' ? [] : [`Default container name "${wanted}" not found in pod ${shortName(pod)}`]),
    ...(names.length > 1 ? [`Defaulted container "${first.name}" out of: ${containerNames(pod)}`] : []),
  ];
  return { name: first.name, ...(notes.length > 0 && { note: notes.join('\n') }) };
}

/** All containers of a pod: `app, debug (ephem), setup (init)`. */
export function containerNames({ spec }: v1.Pod): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  return [
    ...containers.map(({ name }) => name),
    ...ephemeralContainers.map(({ name }) => `${name} (ephem)`),
    ...initContainers.map(({ name }) => `${name} (init)`),
  ].join(', ');
}

/** The status of a container of any kind. */
export function statusOfContainer({ status }: v1.Pod, name: string): v1.ContainerStatus | undefined {
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (each) => each.name === name,
  );
}

/** An id of the runtime, without its name in front: `berth://0123` → `0123`. */
export function runtimeId(containerId: string): string {
  return containerId.slice(containerId.lastIndexOf('/') + 1);
}
