// The settings of what the node keeps from pods: `systemReserved`, `kubeReserved` and `evictionHard`; and what is wrong with
// those of eviction.
import { parseQuantity } from '@berth/common/quantity.ts';
import { parseDuration } from '../api/duration.ts';
import { isSignal } from '../eviction/thresholds/signals.ts';

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
    if (!isSignal(signal)) return `unsupported eviction signal ${signal}`;
    const percent = percentOf(threshold);
    if (percent === undefined) {
      const amount = amountOf(threshold);
      if (amount === undefined) return `failed to parse quantity "${threshold}" for ${signal}`;
      if (amount <= 0n) return `eviction threshold ${signal} must be positive: ${threshold}`;
    } else if (!isNumber(percent)) return `failed to parse "${threshold}" for ${signal}`;
    else if (Number(percent) < 0)
      return `eviction percentage threshold ${signal} must be >= 0%: ${threshold}`;
    else if (Number(percent) > 100)
      return `eviction percentage threshold ${signal} must be <= 100%: ${threshold}`;
  }
  return undefined;
}

/** What is wrong with the grace periods of soft thresholds. */
export function gracesProblem(graces: Quantities): string | undefined {
  for (const [signal, grace] of Object.entries(graces)) {
    if (!isSignal(signal)) return `unsupported eviction signal ${signal}`;
    const ms = durationOf(grace);
    if (ms === undefined) return `invalid duration "${grace}" for ${signal}`;
    if (ms < 0) return `invalid eviction grace period specified: ${grace}, must be a positive value`;
  }
  return undefined;
}

/** What is wrong with the amounts that are to be reclaimed. */
export function reclaimsProblem(reclaims: Quantities): string | undefined {
  for (const [signal, reclaim] of Object.entries(reclaims)) {
    if (!isSignal(signal)) return `unsupported eviction signal ${signal}`;
    const percent = percentOf(reclaim);
    if (percent === undefined) {
      const amount = amountOf(reclaim);
      if (amount === undefined) return `failed to parse quantity "${reclaim}" for ${signal}`;
      if (amount < 0n) return `negative eviction minimum reclaim specified for ${signal}`;
    } else if (!isNumber(percent)) return `failed to parse "${reclaim}" for ${signal}`;
    else if (Number(percent) <= 0)
      return `eviction percentage minimum reclaim ${signal} must be positive: ${reclaim}`;
  }
  return undefined;
}

function percentOf(text: string): string | undefined {
  return /^(.*)%$/.exec(text)?.[1];
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text);
}

function durationOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

function amountOf(quantity: string): bigint | undefined {
  try {
    return parseQuantity(quantity).nanos;
  } catch {
    return undefined;
  }
}
