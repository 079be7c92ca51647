// Converts a container's requests and limits to settings of its cgroup. Where it has no limit, its pod's holds.
import { isCritical } from '../api/critical.ts';
import { containersOfKind, eachContainer } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import {
  type Amounts,
  containerTotals,
  isPodLevelResource,
  limitsOf,
  podLevelAmounts,
  requestsOf,
} from '../api/pod-totals.ts';
import type { CgroupNode, CgroupSettings } from './cgroup-node.ts';
import { basicLimits, type CgroupLimits, hugepageLimits, memoryBytes, memoryHigh } from './pod-resources.ts';
import { qosClass } from './qos-class.ts';

/** Settings of a container, which also has a limit for memory and swap together. */
export interface ContainerLimits extends CgroupLimits {
  memorySwapLimit?: bigint;
}

/** Settings of a container's cgroup. A container that only limits its CPU requests that much. */
export function containerResources(
  pod: Pod,
  container: Container,
  settings: CgroupSettings,
  node: CgroupNode,
): ContainerLimits {
  const limits = effectiveLimits(pod, container);
  const requests = requestsOf(container);
  const basic = basicLimits(requests.has('cpu') ? requests : limits, limits, settings);
  const huge = hugepageLimits(limits, node);
  if (node.version === 'v1') {
    // Memory and swap together may be no more than memory: no swap.
    const noSwap = node.hasSwapController && basic.memoryLimit !== undefined;
    return { ...basic, ...huge, ...(noSwap && { memorySwapLimit: basic.memoryLimit }) };
  }
  const swap: Record<string, string> = node.hasSwapController
    ? { 'memory.swap.max': String(swapLimit(pod, container, settings, node)) }
    : {};
  const group: Record<string, string> = settings.singleProcessOomKill ? {} : { 'memory.oom.group': '1' };
  return {
    ...basic,
    ...huge,
    unified: { ...group, ...swap, ...memoryQos(pod, container, settings, node) },
  };
}

/** The container's limits; those that it does not set are its pod's. */
export function effectiveLimits(pod: Pick<Pod, 'spec'>, container: Container): Amounts {
  const own = limitsOf(container);
  const ofPod = [...podLevelAmounts(pod, 'limits')].filter(([name]) => (own.get(name) ?? 0n) === 0n);
  return new Map([...own, ...ofPod]);
}

/** Files of cgroup v2 that protect and slow down the container's memory. */
function memoryQos(
  pod: Pod,
  container: Container,
  settings: CgroupSettings,
  node: CgroupNode,
): Record<string, string> {
  const request = memoryBytes(requestsOf(container));
  const limit = memoryBytes(limitsOf(container));
  const unprotected = { 'memory.min': '0', 'memory.low': '0' };
  // The pod's own limit slows down the pod as a whole.
  const hasPodLimit = memoryBytes(podLevelAmounts(pod, 'limits')) > 0n;
  if ((limit === 0n && hasPodLimit) || (request === limit && request !== 0n)) return unprotected;
  const bound = limit === 0n ? BigInt(Math.floor(node.allocatableMemoryBytes)) : limit;
  const high = memoryHigh(request, bound, settings, node);
  return high === undefined ? unprotected : { ...unprotected, 'memory.high': high };
}

/** Whether containers of this node may swap at all. */
export function canSwap(
  { swapBehavior }: Pick<CgroupSettings, 'swapBehavior'>,
  { version, hasSwapController }: Pick<CgroupNode, 'version' | 'hasSwapController'>,
): boolean {
  return swapBehavior === 'LimitedSwap' && version === 'v2' && hasSwapController;
}

/** Whether the container may swap where containers may: a burstable one that requests memory below its limit. */
export function isSwappable(pod: Pod, container: Container): boolean {
  const request = memoryBytes(requestsOf(container));
  if (isCritical(pod) || qosClass(pod) !== 'Burstable') return false;
  return request !== 0n && request !== memoryBytes(limitsOf(container));
}

/** Bytes of swap: a share like that of the node's memory which the container requests. */
function swapLimit(
  pod: Pod,
  container: Container,
  { swapBehavior }: CgroupSettings,
  node: CgroupNode,
): bigint {
  const request = memoryBytes(requestsOf(container));
  if (swapBehavior !== 'LimitedSwap' || !isSwappable(pod, container)) return 0n;
  if (request > BigInt(node.memoryBytes)) return 0n;
  return BigInt(Math.floor((Number(request) / node.memoryBytes) * node.swapBytes));
}

/**
 * The container's oom_score_adj: lowest for guaranteed pods, highest for best-effort pods, and in between by the
 * container's memory request relative to the node's memory.
 */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacity: number): number {
  if (isCritical(pod) && pod.spec.priorityClassName === 'system-node-critical') return -997;
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const spare = spareMemory(pod);
  const score = (request: bigint): number =>
    1000 - Number((1000n * (request + spare)) / BigInt(memoryCapacity));
  const own = score(memoryBytes(requestsOf(container)));
  const isSidecar =
    container.restartPolicy === 'Always' &&
    (pod.spec.initContainers ?? []).some(({ name }) => name === container.name);
  // A sidecar is not killed before the regular containers that need it.
  const chosen = isSidecar ? Math.min(own, score(leastMemory(pod))) : own;
  return Math.min(999, Math.max(3, chosen));
}

/** What of the pod's own memory request no container requests, for each of them. */
function spareMemory(pod: Pod): bigint {
  const ofPod = podLevelAmounts(pod, 'requests');
  if ([...ofPod.keys()].filter(isPodLevelResource).length === 0) return 0n;
  const total = memoryBytes(ofPod);
  const used = memoryBytes(containerTotals(pod.spec, requestsOf));
  const count = eachContainer(pod.spec).length;
  return total > used ? (total - used) / BigInt(count) : 0n;
}

/** The least memory that a regular container requests. */
function leastMemory(pod: Pod): bigint {
  const [least = 0n] = containersOfKind(pod.spec, 'regular')
    .map(({ container }) => memoryBytes(requestsOf(container)))
    .sort((a, b) => (a < b ? -1 : 1));
  return least;
}
