// The thresholds of eviction, as a configuration has them, and which of them are met. Pure.
import { parseQuantity, type Quantity } from '@berth/common/quantity.ts';
import { parseDuration } from '../../api/duration.ts';
import { isSignal, type Observation, type Observations, type Signal } from './signals.ts';

/** An amount, or a share of the capacity. */
export type ThresholdValue = { quantity: Quantity } | { share: number };

/** Pods are evicted when less than this is left. */
export interface Threshold {
  signal: Signal;
  value: ThresholdValue;
  /** How long it has to be met until pods are evicted; 0 for a hard threshold. */
  graceMs: number;
  /** What has to be free beyond it until it is met no more. */
  minReclaim?: ThresholdValue;
}

type Texts = Readonly<Record<string, string>>;

/** Thresholds as KubeletConfiguration has them. */
export interface ThresholdSettings {
  evictionHard: Texts;
  evictionSoft: Texts;
  evictionSoftGracePeriod: Texts;
  evictionMinimumReclaim: Texts;
}

/** The thresholds of a configuration. `limitsPods`: whether all pods together have a limit of memory. Throws RangeError. */
export function parseThresholds(settings: ThresholdSettings, limitsPods: boolean): Threshold[] {
  const graces = new Map(
    Object.entries(settings.evictionSoftGracePeriod).map(([signal, text]) => [signal, parseDuration(text)]),
  );
  const reclaims = new Map(
    Object.entries(settings.evictionMinimumReclaim).map(([signal, text]) => [signal, parsedValue(text)]),
  );
  const withReclaim = (threshold: Threshold): Threshold => {
    const minReclaim = reclaims.get(threshold.signal);
    return minReclaim ? { ...threshold, minReclaim } : threshold;
  };
  const hard = parsed(settings.evictionHard).map(({ signal, value }) => ({ signal, value, graceMs: 0 }));
  const soft = parsed(settings.evictionSoft).map(({ signal, value }) => {
    const graceMs = graces.get(signal);
    if (graceMs === undefined) {
      throw new RangeError(`grace period must be specified for the soft eviction threshold ${signal}`);
    }
    return { signal, value, graceMs };
  });
  const thresholds = [...hard, ...soft].map(withReclaim);
  if (!limitsPods) return thresholds;
  const ofPods = thresholds
    .filter(({ signal, graceMs }) => signal === 'memory.available' && graceMs === 0)
    .map((threshold): Threshold => ({ ...threshold, signal: 'allocatableMemory.available' }));
  return [...thresholds, ...ofPods];
}

function parsed(texts: Texts): { signal: Signal; value: ThresholdValue }[] {
  return Object.entries(texts).flatMap(([signal, text]) => {
    if (!isSignal(signal)) throw new RangeError(`unsupported eviction signal ${signal}`);
    // They are no thresholds.
    if (text === '0%' || text === '100%') return [];
    return [{ signal, value: parsedValue(text) }];
  });
}

/** The real kubelet keeps shares in 32 bits. */
function parsedValue(text: string): ThresholdValue {
  const percent = /^(.*)%$/.exec(text)?.[1];
  if (percent === undefined) return { quantity: parseQuantity(text) };
  return { share: Math.fround(Math.fround(Number(percent)) / 100) };
}

/** Where containers and images are: beside the kubelet's root directory, or each on a file system of its own. */
export interface FileSystemLayout {
  /** Images are on another file system than the kubelet's root directory. */
  hasImageFs: boolean;
  /** Writable layers of containers are on another one than images. */
  hasContainerFs: boolean;
}

/**
 * The thresholds with those of containerfs, which are those of the file system that containers are on: a configuration
 * cannot have others.
 */
export function withContainerFs(
  thresholds: readonly Threshold[],
  { hasImageFs, hasContainerFs }: FileSystemLayout,
): Threshold[] {
  const from = hasImageFs && !hasContainerFs ? 'imagefs' : 'nodefs';
  const others = thresholds.filter(({ signal }) => !signal.startsWith('containerfs.'));
  const ofContainers = others.flatMap((threshold): Threshold[] => {
    if (threshold.signal === `${from}.available`) return [{ ...threshold, signal: 'containerfs.available' }];
    if (threshold.signal === `${from}.inodesFree`)
      return [{ ...threshold, signal: 'containerfs.inodesFree' }];
    return [];
  });
  return [...others, ...ofContainers];
}

/** A threshold as an amount of what there is. */
export function amountOf(value: ThresholdValue, capacity: bigint): Quantity {
  if ('quantity' in value) return value.quantity;
  const units = BigInt(Math.trunc(Number(capacity) * value.share));
  return { nanos: units * 1_000_000_000n, format: 'BinarySI' };
}

/** The thresholds that are met, whatever their grace period. `reclaiming`: until their minimum is reclaimed, too. */
export function metThresholds(
  thresholds: readonly Threshold[],
  observations: Observations,
  { reclaiming }: { reclaiming: boolean },
): Threshold[] {
  return thresholds.filter((threshold) => {
    const seen = observations.get(threshold.signal);
    return seen !== undefined && isMet(threshold, seen, reclaiming);
  });
}

function isMet({ value, minReclaim }: Threshold, { available, capacity }: Observation, reclaiming: boolean) {
  const more = reclaiming && minReclaim ? amountOf(minReclaim, capacity).nanos : 0n;
  return amountOf(value, capacity).nanos + more > available * 1_000_000_000n;
}
