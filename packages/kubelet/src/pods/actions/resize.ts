// Decides which containers of a pod are resized: given other CPU and memory while they run, or restarted for it.
// https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
import { findContainer, workloadContainers } from '../../api/each-container.ts';
import type { Container, Pod } from '../../api/pod.ts';
import {
  type ActuatedSizes,
  containerSizes,
  isSameCpu,
  isSameMemory,
  isSameSize,
  podSizes,
  type Sizes,
} from '../../cgroups/sizes.ts';
import { latestContainer, type PodRuntimeStatus } from '../../kubecontainer/runtime-status.ts';
import type { ContainerResize, PodAction, ResizePod } from './actions.ts';

/** Whether a change of its sizes restarts the container, by its resizePolicy. */
export function isResizedByRestart(pod: Pod, container: Container, actuated: ActuatedSizes): boolean {
  const { from, to } = sizesOf(pod, container, actuated);
  const restarts = (resource: 'cpu' | 'memory'): boolean =>
    container.resizePolicy?.find(({ resourceName }) => resourceName === resource)?.restartPolicy ===
    'RestartContainer';
  return (!isSameCpu(from, to) && restarts('cpu')) || (!isSameMemory(from, to) && restarts('memory'));
}

/** Whether a container of the pod that runs does not have its sizes yet, or the pod itself. */
export function isResizing(pod: Pod, status: PodRuntimeStatus, actuated: ActuatedSizes): boolean {
  if (!isSameSize(podSizes(pod), actuated.pod)) return true;
  return workloadContainers<Container>(pod.spec).some(
    ({ container }) =>
      latestContainer(status, container.name)?.state === 'running' && differs(pod, container, actuated),
  );
}

/** The steps with a resize among them, where there is something to resize: after stops, and before starts. */
export function withResize(
  actions: readonly PodAction[],
  pod: Pod,
  status: PodRuntimeStatus,
  actuated: ActuatedSizes,
): PodAction[] {
  const resize = resizePod(actions, pod, status, actuated);
  if (!resize) return [...actions];
  const firstStart = actions.findIndex((action) => action.do === 'start-container');
  const at = firstStart < 0 ? actions.length : firstStart;
  return [...actions.slice(0, at), resize, ...actions.slice(at)];
}

function resizePod(
  actions: readonly PodAction[],
  pod: Pod,
  status: PodRuntimeStatus,
  actuated: ActuatedSizes,
): ResizePod | undefined {
  const stopped = new Set(actions.flatMap((action) => (action.do === 'kill-container' ? [action.id] : [])));
  const stopsAll = actions.some((action) => action.do === 'kill-pod');
  const resizes = workloadContainers<Container>(pod.spec).flatMap(({ container }): ContainerResize[] => {
    const latest = latestContainer(status, container.name);
    if (stopsAll || latest?.state !== 'running' || stopped.has(latest.id)) return [];
    return [{ id: latest.id, name: container.name, ...sizesOf(pod, container, actuated) }];
  });
  const memory = resizes.filter(({ from, to }) => !isSameMemory(from, to));
  const cpu = resizes.filter(({ from, to }) => !isSameCpu(from, to));
  const wholePod =
    !isSameSize(podSizes(pod), actuated.pod) ||
    actions.some((action) => action.do === 'start-container' && startsResized(action.name, pod, actuated));
  if (memory.length + cpu.length === 0 && !wholePod) return undefined;
  return {
    do: 'resize-pod',
    memory: shrinkingFirst(memory, ({ memoryLimit, memoryRequest }) => [memoryLimit, memoryRequest]),
    cpu: shrinkingFirst(cpu, ({ cpuLimit, cpuRequest }) => [cpuLimit, cpuRequest]),
    wholePod,
  };
}

/** Limits decide what shrinks; requests, where limits do not change. */
function shrinkingFirst(
  resizes: readonly ContainerResize[],
  amounts: (sizes: Sizes) => [limit: number, request: number],
): ContainerResize[] {
  const shrinks = ({ from, to }: ContainerResize): boolean => {
    const [[oldLimit, oldRequest], [limit, request]] = [amounts(from), amounts(to)];
    return limit === oldLimit ? request < oldRequest : limit < oldLimit;
  };
  return [...resizes.filter(shrinks).reverse(), ...resizes.filter((resize) => !shrinks(resize))];
}

function startsResized(name: string, pod: Pod, actuated: ActuatedSizes): boolean {
  const container = findContainer<Container>({ ...pod.spec, ephemeralContainers: [] }, name);
  return container !== undefined && differs(pod, container, actuated);
}

function differs(pod: Pod, container: Container, actuated: ActuatedSizes): boolean {
  const { from, to } = sizesOf(pod, container, actuated);
  return !isSameSize(from, to);
}

/** A container of which nothing is known has what it asks for. */
function sizesOf(pod: Pod, container: Container, { containers }: ActuatedSizes): { from: Sizes; to: Sizes } {
  const to = containerSizes(pod, container);
  return { from: containers.get(container.name) ?? to, to };
}
