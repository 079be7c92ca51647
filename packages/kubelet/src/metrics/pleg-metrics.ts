// Counts how the kubelet follows the runtime.
import type { MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

/** The families about lists and events of the runtime. */
export class PlegMetrics {
  readonly #relists;
  readonly #intervals;
  readonly #lastSeen;
  readonly #podRelists;
  readonly #connections;
  readonly #connectionErrors;
  readonly #connectionLatency;
  #lastRelist: number | undefined;

  constructor(registry: MetricsRegistry) {
    this.#relists = registry.histogram(
      'kubelet_pleg_relist_duration_seconds',
      'How long a list of all pods of the runtime took, in seconds.',
    );
    this.#intervals = registry.histogram(
      'kubelet_pleg_relist_interval_seconds',
      'Time between lists of all pods of the runtime, in seconds.',
    );
    this.#lastSeen = registry.gauge(
      'kubelet_pleg_last_seen_seconds',
      'When the runtime was last heard of, in seconds since 1970.',
    );
    this.#podRelists = registry.histogram(
      'kubelet_pleg_pod_relist_duration_seconds',
      'How long reading the state of one pod took, in seconds.',
    );
    this.#connections = registry.counter(
      'kubelet_evented_pleg_connection_success_count',
      'Connections to the events of the runtime.',
    );
    this.#connectionErrors = registry.counter(
      'kubelet_evented_pleg_connection_error_count',
      'Connections to the events of the runtime that failed.',
    );
    this.#connectionLatency = registry.histogram(
      'kubelet_evented_pleg_connection_latency_seconds',
      'Time from an event in the runtime until the kubelet has it, in seconds.',
    );
  }

  /** Begins a list of all pods; call the result when it has succeeded. */
  relists(): () => void {
    const began = performance.now();
    if (this.#lastRelist !== undefined) this.#intervals.observe(secondsSince(this.#lastRelist));
    this.#lastRelist = began;
    return () => {
      this.#relists.observe(secondsSince(began));
      this.seen();
    };
  }

  /** The runtime was heard of. */
  seen(): void {
    this.#lastSeen.set(Math.floor(Date.now() / 1000));
  }

  /** An event arrived that happened at `createdAt`, in nanoseconds since 1970. */
  event(createdAt: bigint): void {
    this.seen();
    if (createdAt > 0n)
      this.#connectionLatency.observe(Math.max(0, Date.now() / 1000 - Number(createdAt) / 1e9));
  }

  /** The state of one pod was read, which took `seconds`. */
  podRead(seconds: number): void {
    this.#podRelists.observe(seconds);
  }

  /** The stream of events was opened, or was lost. */
  connected(): void {
    this.#connections.inc();
  }

  disconnected(): void {
    this.#connectionErrors.inc();
  }
}
