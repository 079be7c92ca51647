// CPU and memory of containers and pods as numbers: what a resize compares and changes. Pure.
import { findContainer, workloadContainers } from '../api/each-container.ts';
import type { Container, Pod, ResourceRequirements } from '../api/pod.ts';
import { podLevelAmounts, requestsOf } from '../api/pod-totals.ts';
import { effectiveLimits } from './container-resources.ts';
import { memoryBytes, milliCpu } from './pod-resources.ts';

/** CPU in thousandths of a core, memory in bytes; 0 for what is not requested or not limited. */
export interface Sizes {
  cpuRequest: number;
  cpuLimit: number;
  memoryRequest: number;
  memoryLimit: number;
}

/** The sizes that the cgroups of a pod and of its containers were last given. */
export interface ActuatedSizes {
  /** Of the pod's own resources; all 0 without any, and `unknownSizes` after a failure. */
  pod: Sizes;
  /** By the container's name. */
  containers: ReadonlyMap<string, Sizes>;
}

/** Differs from all that can be asked for. */
export const unknownSizes: Sizes = { cpuRequest: -1, cpuLimit: -1, memoryRequest: -1, memoryLimit: -1 };

/** What a container asks for. Limits that it does not have are its pod's. */
export function containerSizes(pod: Pick<Pod, 'spec'>, container: Container): Sizes {
  return sizes(requestsOf(container), effectiveLimits(pod, container));
}

/** What the pod asks for beside its containers. */
export function podSizes(pod: Pick<Pod, 'spec'>): Sizes {
  return sizes(podLevelAmounts(pod, 'requests'), podLevelAmounts(pod, 'limits'));
}

/** What the pod and its init and regular containers ask for. */
export function sizesOf(pod: Pick<Pod, 'spec'>): ActuatedSizes {
  const containers = workloadContainers<Container>(pod.spec).map(
    ({ container }) => [container.name, containerSizes(pod, container)] as const,
  );
  return { pod: podSizes(pod), containers: new Map(containers) };
}

/** The sizes after the container called `name` was started as the pod asks for: the same object when it had them. */
export function withStarted(actuated: ActuatedSizes, pod: Pick<Pod, 'spec'>, name: string): ActuatedSizes {
  const container = findContainer<Container>({ ...pod.spec, ephemeralContainers: [] }, name);
  if (!container) return actuated;
  const [had, gets] = [actuated.containers.get(name), containerSizes(pod, container)];
  return had && isSameSize(had, gets) ? actuated : withSizes(actuated, name, gets);
}

/** The sizes after the container called `name` was given these. */
export function withSizes(actuated: ActuatedSizes, name: string, given: Sizes): ActuatedSizes {
  return { ...actuated, containers: new Map([...actuated.containers, [name, given]]) };
}

/** Whether both are the same. */
export function isSameSize(one: Sizes, other: Sizes): boolean {
  return isSameCpu(one, other) && isSameMemory(one, other);
}

/** Whether both have the same CPU. */
export function isSameCpu(one: Sizes, other: Sizes): boolean {
  return one.cpuRequest === other.cpuRequest && one.cpuLimit === other.cpuLimit;
}

/** Whether both have the same memory. */
export function isSameMemory(one: Sizes, other: Sizes): boolean {
  return one.memoryRequest === other.memoryRequest && one.memoryLimit === other.memoryLimit;
}

/** A container's resources with these sizes in place of its CPU and memory. */
export function resourcesOfSize(
  { requests, limits }: ResourceRequirements,
  size: Sizes,
): ResourceRequirements {
  return {
    requests: { ...requests, cpu: `${size.cpuRequest}m`, memory: String(size.memoryRequest) },
    limits: { ...limits, cpu: `${size.cpuLimit}m`, memory: String(size.memoryLimit) },
  };
}

function sizes(requests: Parameters<typeof milliCpu>[0], limits: Parameters<typeof milliCpu>[0]): Sizes {
  return {
    cpuRequest: milliCpu(requests),
    cpuLimit: milliCpu(limits),
    memoryRequest: Number(memoryBytes(requests)),
    memoryLimit: Number(memoryBytes(limits)),
  };
}
