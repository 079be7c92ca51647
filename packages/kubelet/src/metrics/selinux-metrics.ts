// Counts volumes by what becomes of their SELinux labels. A node without SELinux has none of these families.
import type { Gauge } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';

const families = {
  volume_manager_selinux_pod_context_mismatch_errors_total:
    'How often a pod was kept from starting because its containers want several SELinux labels for one volume.',
  volume_manager_selinux_pod_context_mismatch_warnings_total:
    'How often containers of a pod wanted several SELinux labels for a volume that is not mounted with one.',
  volume_manager_selinux_volume_context_mismatch_errors_total:
    'How often a pod was kept from starting because another one has its volume with another SELinux label.',
  volume_manager_selinux_volume_context_mismatch_warnings_total:
    'How often another pod had a volume with another SELinux label that is not mounted with one.',
  volume_manager_selinux_volumes_admitted_total:
    'Volumes that have got an SELinux label for all their files.',
} as const;

/** The families. Each is made at its first use. */
export class SelinuxMetrics {
  readonly #registry: MetricsRegistry;
  readonly #gauges = new Map<string, Gauge<string>>();

  constructor(registry: MetricsRegistry) {
    this.#registry = registry;
  }

  /** Containers of a pod want several labels for one volume. `isError`: the pod cannot start so. */
  severalLabels(isError: boolean, accessMode: string): void {
    const name =
      `volume_manager_selinux_pod_context_mismatch_${isError ? 'errors' : 'warnings'}_total` as const;
    this.#add(name, { access_mode: accessMode });
  }

  /** A pod wants another label for a volume than others have. `isError`: it has to wait. */
  volumeMismatch(isError: boolean, plugin: string, accessMode: string): void {
    const name =
      `volume_manager_selinux_volume_context_mismatch_${isError ? 'errors' : 'warnings'}_total` as const;
    this.#add(name, { volume_plugin: plugin, access_mode: accessMode });
  }

  /** A volume gets a label. */
  admitted(plugin: string, accessMode: string): void {
    this.#add('volume_manager_selinux_volumes_admitted_total', {
      volume_plugin: plugin,
      access_mode: accessMode,
    });
  }

  #add(name: keyof typeof families, labels: Readonly<Record<string, string>>): void {
    const gauge = this.#gauges.get(name) ?? this.#registry.gauge(name, families[name], Object.keys(labels));
    this.#gauges.set(name, gauge);
    gauge.inc(labels);
  }
}
