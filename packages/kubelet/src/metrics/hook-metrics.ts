// Counts what becomes of hooks of containers.
import type { MetricsRegistry } from './registry.ts';

/** The families about hooks. */
export class HookMetrics {
  readonly #fallbacks;
  readonly #earlyEnds;

  constructor(registry: MetricsRegistry) {
    this.#fallbacks = registry.counter(
      'kubelet_lifecycle_handler_http_fallbacks_total',
      'Hooks that were sent by HTTP because the server does not speak HTTPS.',
    );
    this.#earlyEnds = registry.counter(
      'kubelet_sleep_action_terminated_early_total',
      'Sleeps of hooks that ended before their time.',
    );
  }

  /** An HTTPS request was answered in HTTP, and sent again by HTTP with success. */
  fellBackToHttp(): void {
    this.#fallbacks.inc();
  }

  /** The grace period or the pod ended before a sleep did. */
  sleepEndedEarly(): void {
    this.#earlyEnds.inc();
  }
}
