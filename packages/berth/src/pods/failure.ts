// Judges from a pod's status whether it fails: pure, for `berth up` and `berth status`.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { readable } from './readable.ts';

/** Why a pod does not do its work. */
export interface PodFailure {
  readonly message: string;
  /** The container whose log has more about it. */
  readonly container?: string;
  /** The kubelet starts it again, or tries to. */
  readonly isRetried: boolean;
}

/** Waiting reasons of a container that waiting does not resolve. */
const hopeless = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RegistryUnavailable',
  'RunContainerError',
  'SignatureValidationFailed',
]);

/** A container of a pod: what its manifest says, and its status. */
export interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly status: v1.ContainerStatus | undefined;
  /** Its own restart policy, or else the pod's. */
  readonly restartPolicy: string;
  /** It has to end before others start. */
  readonly isInit: boolean;
  readonly memoryLimit: string | undefined;
  readonly hasReadinessProbe: boolean;
}

/** The containers of a pod, init containers first. */
export function podContainers({ spec, status }: v1.Pod): PodContainer[] {
  const policy = spec?.restartPolicy ?? 'Always';
  const of = (
    list: readonly v1.Container[] | undefined,
    statuses: readonly v1.ContainerStatus[] | undefined,
    isInit: boolean,
  ): PodContainer[] =>
    (list ?? []).map((container) => ({
      name: container.name,
      image: container.image ?? '',
      status: statuses?.find(({ name }) => name === container.name),
      // An init container without a policy of its own runs to its end, whatever the pod's policy is.
      restartPolicy: container.restartPolicy ?? (isInit && policy === 'Always' ? 'OnFailure' : policy),
      isInit: isInit && container.restartPolicy !== 'Always',
      memoryLimit: container.resources?.limits?.memory,
      hasReadinessProbe: container.readinessProbe !== undefined,
    }));
  return [
    ...of(spec?.initContainers, status?.initContainerStatuses, true),
    ...of(spec?.containers, status?.containerStatuses, false),
  ];
}

/** The failure that a pod's status shows; undefined when there is none. */
export function podFailure(pod: v1.Pod): PodFailure | undefined {
  const { status } = pod;
  if (pod.metadata?.deletionTimestamp !== undefined) return undefined;
  if (status?.phase === 'Succeeded') return undefined;
  const containers = podContainers(pod);
  if (status?.phase === 'Failed') {
    const ended = containers.find(
      (container) => exitCode(container) !== undefined && exitCode(container) !== 0,
    );
    const why = ended && termination(ended, ended.status?.state?.terminated);
    const reason = [status.reason, status.message, why].filter(Boolean).join(': ') || 'Failed';
    return { message: reason, isRetried: false, ...(ended && { container: ended.name }) };
  }
  for (const container of containers) {
    const failure = containerFailure(container);
    if (failure) return failure;
  }
  return undefined;
}

function containerFailure(container: PodContainer): PodFailure | undefined {
  const { name, status, restartPolicy } = container;
  const { waiting, terminated } = status?.state ?? {};
  if (terminated !== undefined) {
    const isRetried = restartPolicy !== 'Never';
    if (terminated.exitCode !== 0)
      return { message: termination(container, terminated), container: name, isRetried };
    if (restartPolicy === 'Always')
      return { message: restart(container, terminated), container: name, isRetried: true };
    return undefined;
  }
  if (waiting?.reason === undefined || !hopeless.has(waiting.reason)) return undefined;
  const last = status?.lastState?.terminated;
  // What follows in the kubelet's text is the name of the container and of its pod.
  const text = waiting.message?.replace(/ restarting failed container=.*$/s, '');
  const detail = text === undefined ? '' : `: ${readable(text)}`;
  const before = last === undefined ? '' : ` (it ${ending(container, last)})`;
  return {
    message: `container ${name}: ${waiting.reason}${detail}${before}`,
    isRetried: true,
    ...(last && { container: name }),
  };
}

/** The failure of a container that was started again, as it runs now. */
export function restartFailure(container: PodContainer): PodFailure {
  const message = restart(container, container.status?.lastState?.terminated);
  return { message, container: container.name, isRetried: true };
}

/** The container's exit code, if it has ended. */
export function exitCode({ status }: PodContainer): number | undefined {
  return status?.state?.terminated?.exitCode;
}

function termination(container: PodContainer, terminated: v1.ContainerStateTerminated | undefined): string {
  return `container ${container.name} ${ending(container, terminated)}`;
}

function restart(container: PodContainer, terminated: v1.ContainerStateTerminated | undefined): string {
  const { name, restartPolicy } = container;
  const how = terminated === undefined ? 'ended' : ending(container, terminated);
  const hint =
    terminated?.exitCode === 0 && restartPolicy === 'Always'
      ? ' (restartPolicy is Always; OnFailure and Never let a container complete)'
      : '';
  return `container ${name} ${how}, and is started again${hint}`;
}

/** `ended with exit code 137 (OOMKilled, the memory limit is 64Mi): its last words` */
function ending({ memoryLimit }: PodContainer, terminated: v1.ContainerStateTerminated | undefined): string {
  const { exitCode, reason = 'Error', message } = terminated ?? {};
  const limit =
    reason === 'OOMKilled' && memoryLimit !== undefined ? `, the memory limit is ${memoryLimit}` : '';
  // The exit code says as much as Error, and less than OOMKilled.
  const why = reason === 'Error' || reason === 'Completed' ? '' : ` (${reason}${limit})`;
  const detail = message === undefined || message.trim() === '' ? '' : `: ${readable(message.trim())}`;
  return `ended with exit code ${exitCode}${why}${detail}`;
}
