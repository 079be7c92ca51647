// A resource that a node does not have enough of for a pod.
import { formatQuantity } from '@berth/common/quantity.ts';
import type { Failed } from './check.ts';

/** The amounts, as the scheduler counts: CPU in thousandths of a core, all else in bytes or pieces, rounded up. */
export interface Shortage {
  resource: string;
  requested: bigint;
  used: bigint;
  capacity: bigint;
}

/** The amount that is missing. */
export function missing({ requested, used, capacity }: Shortage): bigint {
  return requested - (capacity - used);
}

/** An amount in billionths, as the scheduler counts. */
export function wholeUnits(nanos: bigint, resource: string): bigint {
  const unit = resource === 'cpu' ? 1_000_000n : 1_000_000_000n;
  return (nanos + unit - 1n) / unit;
}

/** The rejection of a pod for this resource. */
export function outOf({ resource, requested, used, capacity }: Shortage): Failed {
  return {
    reason: `OutOf${resource}`,
    message: text(resource, requested, used, capacity),
    detail: shortageDetail({ resource, requested, used, capacity }),
  };
}

/** The same for a person, with units. */
export function shortageDetail({ resource, requested, used, capacity }: Shortage): string {
  if (resource === 'pods')
    return `Node didn't have enough resource: pods: this node runs at most ${capacity} (--max-pods)`;
  const isCpu = resource === 'cpu';
  const amount = (units: bigint): string =>
    formatQuantity({
      nanos: units * (isCpu ? 1_000_000n : 1_000_000_000n),
      format: isCpu ? 'DecimalSI' : 'BinarySI',
    });
  return text(resource, amount(requested), amount(used), amount(capacity));
}

type Amount = bigint | string;

function text(resource: string, requested: Amount, used: Amount, capacity: Amount): string {
  return `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
}
