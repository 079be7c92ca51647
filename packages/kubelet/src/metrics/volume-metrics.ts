// Counts operations on volumes.
import type { MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600];

/** Names of the real kubelet's plugins, by the field of a volume. */
const pluginNames: Readonly<Record<string, string>> = {
  configMap: 'configmap',
  downwardAPI: 'downward-api',
  emptyDir: 'empty-dir',
  hostPath: 'host-path',
};

/** The name of the plugin of a kind of volume, e.g. `kubernetes.io/empty-dir`. Pure. */
export function pluginName(kind: string): string {
  return `kubernetes.io/${pluginNames[kind] ?? kind}`;
}

/** The families about volumes. */
export class VolumeMetrics {
  readonly #operations;
  readonly #totals;

  constructor(registry: MetricsRegistry) {
    this.#operations = registry.histogram(
      'storage_operation_duration_seconds',
      'How long an operation on a volume took, in seconds.',
      ['volume_plugin', 'operation_name', 'status', 'migrated'],
      buckets,
    );
    this.#totals = registry.histogram(
      'volume_operation_total_seconds',
      'How long an operation on a volume took in total, in seconds.',
      ['plugin_name', 'operation_name'],
      buckets,
    );
  }

  /** Runs an operation on a volume of a kind, and counts it. */
  async operation<Result>(
    kind: string,
    name: 'volume_mount' | 'volume_unmount',
    run: () => Promise<Result>,
  ): Promise<Result> {
    const began = performance.now();
    const plugin = pluginName(kind);
    const ended = (status: string) =>
      this.#operations.observe(
        { volume_plugin: plugin, operation_name: name, status, migrated: 'false' },
        secondsSince(began),
      );
    try {
      const result = await run();
      ended('success');
      this.#totals.observe({ plugin_name: plugin, operation_name: `overall_${name}` }, secondsSince(began));
      return result;
    } catch (error) {
      ended('fail-unknown');
      throw error;
    }
  }
}

/** Registers the gauge of the number of volumes: kinds of volumes of pods that are wanted, and of pods that run. */
export function countVolumes(
  registry: MetricsRegistry,
  kinds: () => { desired: readonly string[]; actual: readonly string[] },
): void {
  const help = 'Volumes of pods that are wanted, and of pods that run.';
  registry.readGauge('volume_manager_total_volumes', help, ['plugin_name', 'state'], () => {
    const { desired, actual } = kinds();
    return [...counted(desired, 'desired_state_of_world'), ...counted(actual, 'actual_state_of_world')];
  });
}

function counted(kinds: readonly string[], state: string) {
  return [...new Set(kinds)].map((kind) => ({
    labels: { plugin_name: pluginName(kind), state },
    value: kinds.filter((each) => each === kind).length,
  }));
}
