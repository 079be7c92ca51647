// Counts operations on volumes.
import type { Histogram } from 'prom-client';
import type { FsStats } from '../stats/stats-api.ts';
import type { MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';
import { SelinuxMetrics } from './selinux-metrics.ts';

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

/** What is done to a volume. */
export type VolumeOperation =
  | 'volume_mount'
  | 'volume_unmount'
  | 'unmount_device'
  | 'map_volume'
  | 'unmap_volume'
  | 'unmap_device'
  | 'volume_fs_resize';

/** How full the volume of a claim is. */
export interface ClaimFill {
  claim: { name: string; namespace: string };
  stats: FsStats;
}

/** The families about volumes. */
export class VolumeMetrics {
  readonly selinux: SelinuxMetrics;
  readonly #operations;
  readonly #totals;
  /** Made at the first call: a node without CSI drivers does not have the family. */
  #csiCalls: Histogram<'driver_name' | 'method_name' | 'grpc_status_code' | 'migrated'> | undefined;
  readonly #registry: MetricsRegistry;

  constructor(registry: MetricsRegistry) {
    this.#registry = registry;
    this.selinux = new SelinuxMetrics(registry);
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

  /** Begins to tell of plugins by the paths of their sockets: those that are there, and those that are registered. */
  countPlugins(plugins: () => { desired: readonly string[]; actual: readonly string[] }): void {
    const help = 'Plugins by the path of their socket.';
    this.#registry.readGauge('plugin_manager_total_plugins', help, ['socket_path', 'state'], () => {
      const { desired, actual } = plugins();
      const shown = (state: string) => (path: string) => ({ labels: { socket_path: path, state }, value: 1 });
      return [...desired.map(shown('desired_state_of_world')), ...actual.map(shown('actual_state_of_world'))];
    });
  }

  /** Begins to tell the sizes of claims' volumes. */
  countClaims(claims: () => readonly ClaimFill[]): void {
    for (const [name, [help, field]] of Object.entries(claimFamilies)) {
      this.#registry.readGauge(name, help, ['namespace', 'persistentvolumeclaim'], () =>
        claims().flatMap(({ claim, stats }) => {
          const value = stats[field];
          const labels = { namespace: claim.namespace, persistentvolumeclaim: claim.name };
          return value === undefined ? [] : [{ labels, value: Number(value) }];
        }),
      );
    }
  }

  /** A driver has answered a method, e.g. `NodeStageVolume`, that was called at `began` (performance.now()). */
  csiCall(driver: string, method: string, code: string, began: number): void {
    this.#csiCalls ??= this.#registry.histogram(
      'csi_operations_seconds',
      'How long a call of a CSI driver took, in seconds.',
      ['driver_name', 'method_name', 'grpc_status_code', 'migrated'],
      buckets,
    );
    this.#csiCalls.observe(
      {
        driver_name: driver,
        method_name: `/csi.v1.Node/${method}`,
        grpc_status_code: code,
        migrated: 'false',
      },
      secondsSince(began),
    );
  }

  /** Runs an operation on a volume of a kind, or of a plugin such as `kubernetes.io/csi:DRIVER`, and counts it. */
  async operation<Result>(kind: string, name: VolumeOperation, run: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    const plugin = kind.includes('/') ? kind : pluginName(kind);
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

/** The families about the sizes of claims' volumes, and what each shows. */
const claimFamilies = {
  kubelet_volume_stats_capacity_bytes: ["Size of a claim's volume in bytes.", 'capacityBytes'],
  kubelet_volume_stats_available_bytes: ["Free bytes of a claim's volume.", 'availableBytes'],
  kubelet_volume_stats_used_bytes: ["Used bytes of a claim's volume.", 'usedBytes'],
  kubelet_volume_stats_inodes: ["Inodes of a claim's volume.", 'inodes'],
  kubelet_volume_stats_inodes_free: ["Free inodes of a claim's volume.", 'inodesFree'],
  kubelet_volume_stats_inodes_used: ["Used inodes of a claim's volume.", 'inodesUsed'],
} as const;

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
