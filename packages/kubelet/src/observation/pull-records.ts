// Tells how many records of pulled images there are.
import { countPullFiles } from '../images/verification/record-files.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';

/** Registers the gauges of the files that say which credentials pulled an image. */
export function tellPullRecords(registry: MetricsRegistry, rootDir: string): void {
  registry.readGauge(
    'kubelet_imagemanager_ondisk_pullintents',
    'Pulls of images under way, or not recorded yet.',
    [],
    () => countPullFiles(rootDir).intents,
  );
  registry.readGauge(
    'kubelet_imagemanager_ondisk_pulledrecords',
    'Records of pulled images.',
    [],
    () => countPullFiles(rootDir).records,
  );
}
