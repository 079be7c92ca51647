// Counts changes of cgroups.
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import type { MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

/** The families about cgroups. */
export class CgroupMetrics {
  readonly #durations;

  constructor(registry: MetricsRegistry) {
    this.#durations = registry.histogram(
      'kubelet_cgroup_manager_duration_seconds',
      'How long a change of a cgroup took, in seconds.',
      ['operation_type'],
    );
  }

  /** The same driver; what it does is counted. */
  observed(driver: CgroupDriver): CgroupDriver {
    return {
      create: (path, resources) => this.#timed('create', () => driver.create(path, resources)),
      apply: (path, resources) => this.#timed('update', () => driver.apply(path, resources)),
      remove: (path, options) => this.#timed('destroy', () => driver.remove(path, options)),
      wasOomKilled: (path) => driver.wasOomKilled(path),
    };
  }

  async #timed(operation: string, run: () => Promise<void>): Promise<void> {
    const began = performance.now();
    try {
      await run();
    } finally {
      this.#durations.observe({ operation_type: operation }, secondsSince(began));
    }
  }
}
