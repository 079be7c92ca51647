// The fields of KubeletConfiguration about a node under pressure: eviction, removal of images, and shutdown.
import { isObject } from '@berth/common/json/is-object.ts';
import { bool, duration, type Field, integer, quantities } from './field-kinds.ts';
import { gracesProblem, reclaimsProblem, thresholdsProblem } from './reservation-settings.ts';

/** How long pods of a priority, and of those up to the next one, have to end when the node shuts down. */
export interface ShutdownPeriod {
  priority: number;
  shutdownGracePeriodSeconds: number;
}

/** Values of these fields; durations in milliseconds. */
export interface PressureSettings {
  /** In seconds. */
  evictionMaxPodGracePeriod: number;
  evictionMinimumReclaim: Record<string, string>;
  evictionPressureTransitionPeriod: number;
  evictionSoft: Record<string, string>;
  evictionSoftGracePeriod: Record<string, string>;
  imageGCHighThresholdPercent: number;
  imageGCLowThresholdPercent: number;
  imageMaximumGCAge: number;
  imageMinimumGCAge: number;
  localStorageCapacityIsolation: boolean;
  shutdownGracePeriod: number;
  shutdownGracePeriodByPodPriority: readonly ShutdownPeriod[];
  shutdownGracePeriodCriticalPods: number;
}

/** The parsers of each field. */
export const pressureFields: { readonly [K in keyof PressureSettings]: Field<PressureSettings[K]> } = {
  evictionMaxPodGracePeriod: integer(-(2 ** 31), 2 ** 31 - 1),
  evictionMinimumReclaim: quantities('=', reclaimsProblem),
  evictionPressureTransitionPeriod: duration(0),
  evictionSoft: quantities('<', thresholdsProblem),
  evictionSoftGracePeriod: quantities('=', gracesProblem),
  imageGCHighThresholdPercent: integer(0, 100),
  imageGCLowThresholdPercent: integer(0, 100),
  imageMaximumGCAge: duration(0),
  imageMinimumGCAge: duration(0),
  localStorageCapacityIsolation: bool(),
  shutdownGracePeriod: duration(0),
  shutdownGracePeriodByPodPriority: shutdownPeriods(),
  shutdownGracePeriodCriticalPods: duration(0),
};

/** The real kubelet's defaults. */
export const defaultPressureSettings: PressureSettings = {
  evictionMaxPodGracePeriod: 0,
  evictionMinimumReclaim: {},
  evictionPressureTransitionPeriod: 300_000,
  evictionSoft: {},
  evictionSoftGracePeriod: {},
  imageGCHighThresholdPercent: 85,
  imageGCLowThresholdPercent: 80,
  imageMaximumGCAge: 0,
  imageMinimumGCAge: 120_000,
  localStorageCapacityIsolation: true,
  shutdownGracePeriod: 0,
  shutdownGracePeriodByPodPriority: [],
  shutdownGracePeriodCriticalPods: 0,
};

/** What is wrong with these settings together, in the real kubelet's words; undefined: nothing. */
export function pressureProblem(settings: PressureSettings): string | undefined {
  const { imageGCHighThresholdPercent: high, imageGCLowThresholdPercent: low } = settings;
  if (low >= high) {
    return `imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`;
  }
  const { imageMaximumGCAge: maxAge, imageMinimumGCAge: minAge } = settings;
  if (maxAge > 0 && maxAge <= minAge) {
    return `imageMaximumGCAge ${maxAge}ms must be greater than imageMinimumGCAge ${minAge}ms`;
  }
  return shutdownProblem(settings);
}

function shutdownProblem({
  shutdownGracePeriod: whole,
  shutdownGracePeriodCriticalPods: critical,
  shutdownGracePeriodByPodPriority: periods,
}: PressureSettings): string | undefined {
  if (critical > whole) {
    return `shutdownGracePeriodCriticalPods ${critical}ms must be <= shutdownGracePeriod ${whole}ms`;
  }
  if (whole > 0 && whole < 1000)
    return `shutdownGracePeriod ${whole}ms must be either zero or otherwise >= 1 sec`;
  if (critical > 0 && critical < 1000)
    return `shutdownGracePeriodCriticalPods ${critical}ms must be either zero or otherwise >= 1 sec`;
  return periods.length > 0 && whole > 0
    ? 'Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time'
    : undefined;
}

function shutdownPeriods(): Field<readonly ShutdownPeriod[]> {
  const fromValue = (value: unknown): readonly ShutdownPeriod[] => {
    if (!Array.isArray(value)) throw new RangeError('must be a list of priorities');
    return value.map(shutdownPeriod);
  };
  return {
    fromValue,
    fromText: (text) => fromValue(JSON.parse(text)),
    toText: (value) => JSON.stringify(value),
    toJson: (value) => value,
    isBoolean: false,
  };
}

function shutdownPeriod(value: unknown): ShutdownPeriod {
  const { priority = 0, shutdownGracePeriodSeconds: seconds = 0 } = isObject(value)
    ? value
    : { priority: '' };
  if (isNumber(priority) && isNumber(seconds) && seconds >= 0) {
    return { priority: Number(priority), shutdownGracePeriodSeconds: Number(seconds) };
  }
  throw new RangeError('must be a list of {priority, shutdownGracePeriodSeconds}, both whole numbers');
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value);
}
