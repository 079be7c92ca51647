// Counts HTTP requests.
import { defaultBuckets, type MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

/** The labels of a request. */
export interface ObservedRequest {
  readonly method: string;
  /** First part of the path, two parts below /metrics; `other` for a path that is not served. */
  readonly path: string;
  readonly serverType: 'readonly' | 'readwrite';
  readonly longRunning: boolean;
}

/** The families about requests. */
export class ServerMetrics {
  readonly #total;
  readonly #durations;
  readonly #inFlight;

  constructor(registry: MetricsRegistry) {
    const labels = ['method', 'path', 'server_type', 'long_running'] as const;
    this.#total = registry.counter('kubelet_http_requests_total', 'HTTP requests.', labels);
    this.#durations = registry.histogram(
      'kubelet_http_requests_duration_seconds',
      'How long HTTP requests took, in seconds.',
      labels,
      defaultBuckets,
    );
    this.#inFlight = registry.gauge('kubelet_http_inflight_requests', 'HTTP requests under way.', labels);
  }

  /** Counts a request that begins; call the result when it ends. */
  readonly observe = ({ method, path, serverType, longRunning }: ObservedRequest): (() => void) => {
    const labels = { method, path, server_type: serverType, long_running: String(longRunning) };
    const began = performance.now();
    this.#total.inc(labels);
    this.#inFlight.inc(labels);
    return () => {
      this.#inFlight.dec(labels);
      this.#durations.observe(labels, secondsSince(began));
    };
  };
}
