// Room for one more pod, and CPU, memory and disk for what it requests.
import { formatQuantity } from '@berth/common/quantity.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { Check, Failed } from './check.ts';
import { type CountedResource, countedResources, requestOf } from './node-usage.ts';

/** Checks the limit `--max-pods`. */
export const checkPodCount: Check = (_pod, { maxPods }, usage) =>
  usage.pods < maxPods
    ? 'admitted'
    : {
        ...outOf('pods', 1, usage.pods, maxPods),
        detail: `Node didn't have enough resource: pods: this node runs at most ${maxPods} (--max-pods)`,
      };

/** Checks each resource that the pod requests against the node's free amount. */
export const checkResources: Check = (pod, node, usage) => {
  for (const resource of countedResources) {
    const [requested, used, capacity] = [
      requestOf(pod, resource),
      usage.of(resource),
      capacityOf(node, resource),
    ];
    if (requested === 0n || used + requested <= capacity) continue;
    const exact = (nanos: bigint): bigint => wholeUnits(nanos, resource);
    const text = (nanos: bigint): string =>
      formatQuantity({ nanos, format: resource === 'cpu' ? 'DecimalSI' : 'BinarySI' });
    return {
      ...outOf(resource, exact(requested), exact(used), exact(capacity)),
      detail: shortage(resource, text(requested), text(used), text(capacity)),
    };
  }
  return 'admitted';
};

type Amount = bigint | number | string;

function outOf(resource: string, requested: Amount, used: Amount, capacity: Amount): Omit<Failed, 'detail'> {
  return { reason: `OutOf${resource}`, message: shortage(resource, requested, used, capacity) };
}

function shortage(resource: string, requested: Amount, used: Amount, capacity: Amount): string {
  return `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
}

/** As the scheduler counts: CPU in thousandths, all else in bytes, rounded up. */
function wholeUnits(nanos: bigint, resource: CountedResource): bigint {
  const unit = resource === 'cpu' ? 1_000_000n : 1_000_000_000n;
  return (nanos + unit - 1n) / unit;
}

function capacityOf(node: NodeFacts, resource: CountedResource): bigint {
  const amounts = {
    cpu: node.cpus,
    memory: node.memoryBytes,
    'ephemeral-storage': node.ephemeralStorageBytes,
  };
  return BigInt(amounts[resource]) * 1_000_000_000n;
}
