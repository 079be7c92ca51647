// The options of eviction, of the removal of images, and of the node's shutdown, from their settings.
import { parseThresholds, type Threshold } from '../eviction/thresholds/thresholds.ts';

import type { PressureSettings } from './pressure-settings.ts';
import { type ShutdownPeriod, shutdownPeriods } from './shutdown-periods.ts';

/** What evictions are decided by. */
export interface EvictionOptions {
  thresholds: readonly Threshold[];
  /** How long a condition of the node lasts at least. */
  transitionMs: number;
  /** The grace period of pods that are evicted for a soft threshold. */
  maxPodGraceSeconds: number;
  /** Whether limits of emptyDirs and ephemeral storage are enforced. */
  enforcesStorageLimits: boolean;
}

/** When images are removed, and until when. */
export interface ImageCollectionPolicy {
  /** Percentage of the disk in use from which on images are removed; 100: never. */
  highPercent: number;
  /** Percentage down to which they are. */
  lowPercent: number;
  /** How long an image is kept at least. */
  minAgeMs: number;
  /** How long an image is kept that nobody uses; 0: as long as there is room. */
  maxAgeMs: number;
}

/** The options of a node under pressure. */
export interface PressureOptions {
  eviction: EvictionOptions;
  imageCollection: ImageCollectionPolicy;
  /** How long pods have to end when the node shuts down, by priority; empty: the node's shutdown is not followed. */
  shutdownPeriods: readonly ShutdownPeriod[];
}

/** The options. `evictionHard`: with defaults merged in; `limitsPods`: all pods together have a limit of memory. */
export function pressureOptions(
  settings: PressureSettings,
  { evictionHard, limitsPods }: { evictionHard: Readonly<Record<string, string>>; limitsPods: boolean },
): PressureOptions {
  return {
    eviction: {
      thresholds: parseThresholds({ ...settings, evictionHard }, limitsPods),
      transitionMs: settings.evictionPressureTransitionPeriod,
      maxPodGraceSeconds: settings.evictionMaxPodGracePeriod,
      enforcesStorageLimits: settings.localStorageCapacityIsolation,
    },
    imageCollection: {
      highPercent: settings.imageGCHighThresholdPercent,
      lowPercent: settings.imageGCLowThresholdPercent,
      minAgeMs: settings.imageMinimumGCAge,
      maxAgeMs: settings.imageMaximumGCAge,
    },
    shutdownPeriods: shutdownPeriods({
      wholeMs: settings.shutdownGracePeriod,
      criticalMs: settings.shutdownGracePeriodCriticalPods,
      byPriority: settings.shutdownGracePeriodByPodPriority.map(
        ({ priority, shutdownGracePeriodSeconds }) => ({
          priority,
          graceSeconds: shutdownGracePeriodSeconds,
        }),
      ),
    }),
  };
}
