// The flags about a node under pressure: eviction, and removal of images.
import type { Settings } from './settings.ts';

/** Each with its configuration field and its line of `--help`. */
export const pressureFlags: readonly (readonly [name: string, field: keyof Settings, help: string])[] = [
  ['eviction-soft', 'evictionSoft', 'What pods are evicted for when it lasts: memory.available<1Gi'],
  ['eviction-soft-grace-period', 'evictionSoftGracePeriod', 'How long: memory.available=1m'],
  ['eviction-max-pod-grace-period', 'evictionMaxPodGracePeriod', 'Seconds that those pods have to end'],
  ['eviction-minimum-reclaim', 'evictionMinimumReclaim', 'What has to be free beyond a threshold'],
  [
    'eviction-pressure-transition-period',
    'evictionPressureTransitionPeriod',
    'How long a condition of the node lasts at least',
  ],
  ['local-storage-capacity-isolation', 'localStorageCapacityIsolation', 'Enforce limits of local storage'],
  ['image-gc-high-threshold', 'imageGCHighThresholdPercent', 'Use of the disk that removes images; 100: off'],
  ['image-gc-low-threshold', 'imageGCLowThresholdPercent', 'Use of the disk down to which they are removed'],
  ['minimum-image-ttl-duration', 'imageMinimumGCAge', 'How long an unused image stays at least'],
];
