// Counts evictions, and tells when the node shut down last.
import type { MetricsRegistry } from './registry.ts';

/** The families about a node under pressure. */
export class PressureMetrics {
  readonly #evictions;
  readonly #statsAge;
  readonly #shutdownStart;
  readonly #shutdownEnd;

  constructor(registry: MetricsRegistry) {
    this.#evictions = registry.counter('kubelet_evictions', 'Pods that were evicted.', ['eviction_signal']);
    this.#statsAge = registry.histogram(
      'kubelet_eviction_stats_age_seconds',
      'Age of the statistics by which a pod was evicted, in seconds.',
      ['eviction_signal'],
    );
    this.#shutdownStart = registry.gauge(
      'kubelet_graceful_shutdown_start_time_seconds',
      'When the last shutdown of the node began, in seconds since 1970.',
    );
    this.#shutdownEnd = registry.gauge(
      'kubelet_graceful_shutdown_end_time_seconds',
      'When all pods had ended in it.',
    );
  }

  /** A pod was evicted for a signal, or for a limit of its storage. */
  evicted(signal: string): void {
    this.#evictions.inc({ eviction_signal: signal });
  }

  /** A pod is evicted for a signal that was observed so many seconds ago. */
  statsAge(signal: string, seconds: number): void {
    this.#statsAge.observe({ eviction_signal: signal }, seconds);
  }

  /** The node shuts down, or has done so before; times in milliseconds since 1970, 0: not yet. */
  shutdown({ startedAt, endedAt }: { startedAt: number; endedAt: number }): void {
    this.#shutdownStart.set(Math.floor(startedAt / 1000));
    this.#shutdownEnd.set(Math.floor(endedAt / 1000));
  }
}
