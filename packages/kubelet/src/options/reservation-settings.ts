// The settings of what the node keeps from pods: `systemReserved`, `kubeReserved` and `evictionHard`.
import { parseQuantity } from '@berth/common/quantity.ts';

/** The settings of reservations: quantities by resource, and thresholds (`100Mi` or `10%`) by signal. */
export interface ReservationSettings {
  systemReserved: Readonly<Record<string, string>>;
  kubeReserved: Readonly<Record<string, string>>;
  evictionHard: Readonly<Record<string, string>>;
}

/** Quantities by name. */
type Quantities = Readonly<Record<string, string>>;

/** The thresholds of the real kubelet. Those of inodes and images reserve nothing. */
export const defaultEvictionHard: Quantities = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};

const reservable = ['cpu', 'memory', 'ephemeral-storage', 'pid'];
const signals = [
  'allocatableMemory.available',
  'containerfs.available',
  'containerfs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'pid.available',
];

/** What is wrong with reserved resources, in the real kubelet's words; undefined for valid ones. */
export function reservedProblem(quantities: Quantities): string | undefined {
  for (const [name, quantity] of Object.entries(quantities)) {
    if (!reservable.includes(name)) return `cannot reserve "${name}" resource`;
    const amount = amountOf(quantity);
    if (amount === undefined) return `failed to parse quantity "${quantity}" for "${name}" resource`;
    if (amount < 0n) return `resource quantity for "${name}" cannot be negative: ${quantity}`;
  }
  return undefined;
}

/** What is wrong with eviction thresholds, in the real kubelet's words; undefined for valid ones. */
export function thresholdsProblem(thresholds: Quantities): string | undefined {
  for (const [signal, threshold] of Object.entries(thresholds)) {
    if (!signals.includes(signal)) return `unsupported eviction signal ${signal}`;
    const percent = /^(.*)%$/.exec(threshold)?.[1];
    if (percent === undefined) {
      const amount = amountOf(threshold);
      if (amount === undefined) return `failed to parse quantity "${threshold}" for ${signal}`;
      if (amount <= 0n) return `eviction threshold ${signal} must be positive: ${threshold}`;
    } else if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(percent))
      return `failed to parse "${threshold}" for ${signal}`;
    else if (Number(percent) < 0)
      return `eviction percentage threshold ${signal} must be >= 0%: ${threshold}`;
    else if (Number(percent) > 100)
      return `eviction percentage threshold ${signal} must be <= 100%: ${threshold}`;
  }
  return undefined;
}

function amountOf(quantity: string): bigint | undefined {
  try {
    return parseQuantity(quantity).nanos;
  } catch {
    return undefined;
  }
}
