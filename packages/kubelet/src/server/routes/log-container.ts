// Finds the container whose log a request means, by the pod's status, or says why there is none, as the real kubelet
// does.
import type { ContainerStatus, PodStatus } from '../../api/pod.ts';

/** The container's id with the runtime's name before it; or why it has no log. */
export function logContainer(
  pod: { name: string; status: PodStatus },
  name: string,
  previous: boolean,
): { containerId: string } | { error: string } {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status;
  const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (each) => each.name === name,
  );
  const what = `container ${JSON.stringify(name)} in pod ${JSON.stringify(pod.name)}`;
  if (status === undefined) return { error: `${what} is not available` };
  const before = status.lastState?.terminated;
  if (previous) {
    return before?.containerID
      ? { containerId: before.containerID }
      : { error: `previous terminated ${what} not found` };
  }
  return current(status, before, what);
}

function current(
  { state = {}, containerID }: ContainerStatus,
  before: { containerID?: string } | undefined,
  what: string,
): { containerId: string } | { error: string } {
  const { running, terminated, waiting } = state;
  if (running !== undefined) return { containerId: containerID ?? '' };
  // A container that was not started again has the log of the one before.
  const ended = terminated?.containerID || before?.containerID;
  if (terminated !== undefined || before !== undefined) {
    return ended ? { containerId: ended } : { error: `${what} is terminated` };
  }
  if (waiting === undefined) return { error: `${what} is waiting to start - no logs yet` };
  const reasons: Readonly<Record<string, string>> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  };
  const { reason = '' } = waiting;
  return { error: `${what} is waiting to start: ${reasons[reason] ?? reason}` };
}
