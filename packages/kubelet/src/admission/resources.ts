// Room for one more pod, and CPU, memory, disk, huge pages and extended resources for what it requests.

import type { Pod } from '../api/pod.ts';
import { podRequests } from '../api/pod-totals.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import { isExtendedResource } from '../node/status/resources.ts';
import type { NodeUsage } from './node-usage.ts';
import { type Shortage, wholeUnits } from './shortage.ts';

const first = ['cpu', 'memory', 'ephemeral-storage'];

/** What the node has too little of for the pod, in the real kubelet's order. */
export function shortagesOf(pod: Pod, node: NodeFacts, usage: NodeUsage): Shortage[] {
  const shortages: Shortage[] = [];
  const pods = { requested: 1n, used: BigInt(usage.pods.length), capacity: BigInt(node.maxPods) };
  if (pods.used >= pods.capacity) shortages.push({ resource: 'pods', ...pods });
  const requests = podRequests(node.withoutClaimed?.(pod) ?? pod, { overhead: true });
  const others = [...requests.keys()].filter((name) => isCounted(name, node)).sort();
  for (const resource of [...first, ...others]) {
    const [requested, used] = [requests.get(resource) ?? 0n, usage.of(resource)];
    const capacity = node.allocatable.get(resource) ?? 0n;
    if (requested === 0n || used + requested <= capacity) continue;
    shortages.push({
      resource,
      requested: wholeUnits(requested, resource),
      used: wholeUnits(used, resource),
      capacity: wholeUnits(capacity, resource),
    });
  }
  return shortages;
}

/**
 * An extended resource that the node does not have is the cluster's, which only the scheduler counts. Devices of plugins
 * are given to the pods after these checks, which says in more detail what is missing.
 */
function isCounted(name: string, node: NodeFacts): boolean {
  if (name.startsWith('hugepages-')) return true;
  return isExtendedResource(name) && node.allocatable.has(name) && !node.hasDevices?.(name);
}
