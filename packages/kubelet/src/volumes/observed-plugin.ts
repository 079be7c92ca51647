// Volume plugins whose operations are counted.
import type { VolumeMetrics } from '../metrics/volume-metrics.ts';
import type { VolumePlugin } from './plugin.ts';

/** The same plugin; its operations are counted. */
export function observedPlugin(plugin: VolumePlugin, metrics: VolumeMetrics): VolumePlugin {
  const { kind, onDisk } = plugin;
  const setUp: VolumePlugin['setUp'] = (...args) =>
    metrics.operation(kind, 'volume_mount', () => plugin.setUp(...args));
  return {
    ...plugin,
    setUp,
    ...(onDisk && {
      onDisk: {
        ...onDisk,
        tearDown: (path: string) => metrics.operation(kind, 'volume_unmount', () => onDisk.tearDown(path)),
      },
    }),
  };
}
