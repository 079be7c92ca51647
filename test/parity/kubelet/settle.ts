// When there is nothing more to wait for: what a pod's kubelet tells of it stays as it is.
import type { End } from './manifest-case.ts';
import { containersOf, type ListedPod } from './observe.ts';

/** What a container is waiting for while it is on its way. */
const underWay = ['ContainerCreating', 'PodInitializing', undefined];

/** Pure: whether the pod has come as far as it will; `log` is its kubelet's. */
export function isSettled(pod: ListedPod, end: End, log: string): boolean {
  const containers = containersOf(pod);
  const { phase } = pod.status;
  if (phase === 'Succeeded' || phase === 'Failed') return !containers.some(({ state }) => state?.running);
  if (containers.some(({ state }) => state?.waiting && !underWay.includes(state.waiting.reason))) return true;
  if (end === 'running') return containers.length > 0 && containers.every(({ state }) => state?.running);
  return end === 'no sandbox' && tellsOfFailure(log, pod.metadata.name);
}

const failure = /MountVolume\.SetUp failed|hostPath type check failed|Failed to create sandbox/;

function tellsOfFailure(log: string, podName: string): boolean {
  return log.split('\n').some((line) => line.includes(podName) && failure.test(line));
}
