// Shortens the messages of a pod's terminated containers, so that a status has a limited size.
import type { ContainerState, ContainerStatus, Pod } from '../api/pod.ts';

/** The bytes that the messages of all containers of a pod have together. */
const maxPodBytes = 12 * 1024;

/** The statuses, each message cut to the container's part of the limit. */
export function withShortMessages(statuses: readonly ContainerStatus[], { spec }: Pod): ContainerStatus[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec;
  const count = containers.length + initContainers.length + ephemeralContainers.length;
  const limit = Math.floor(maxPodBytes / Math.max(1, count));
  return statuses.map((status) => ({
    ...status,
    ...(status.state && { state: shortened(status.state, limit) }),
    ...(status.lastState && { lastState: shortened(status.lastState, limit) }),
  }));
}

function shortened(state: ContainerState, limit: number): ContainerState {
  const { terminated } = state;
  if (!terminated?.message || Buffer.byteLength(terminated.message) <= limit) return state;
  const message = Buffer.from(terminated.message).subarray(0, limit).toString();
  return { ...state, terminated: { ...terminated, message } };
}
