// Counts the calls of the runtime.
import { exponentialBuckets, type MetricsRegistry } from './registry.ts';

/** The families about calls of the runtime. */
export class RuntimeMetrics {
  readonly #total;
  readonly #durations;
  readonly #errors;
  readonly #sandboxDurations;
  readonly #sandboxErrors;

  constructor(registry: MetricsRegistry) {
    const labels = ['operation_type'] as const;
    this.#total = registry.counter('kubelet_runtime_operations_total', 'Calls of the runtime.', labels);
    this.#durations = registry.histogram(
      'kubelet_runtime_operations_duration_seconds',
      'How long calls of the runtime took, in seconds.',
      labels,
      exponentialBuckets(0.005, 2.5, 14),
    );
    this.#errors = registry.counter(
      'kubelet_runtime_operations_errors_total',
      'Calls of the runtime that failed.',
      labels,
    );
    this.#sandboxDurations = registry.histogram(
      'kubelet_run_podsandbox_duration_seconds',
      'How long making a sandbox took, in seconds.',
      ['runtime_handler'],
    );
    this.#sandboxErrors = registry.counter(
      'kubelet_run_podsandbox_errors_total',
      'Sandboxes that could not be made.',
      ['runtime_handler'],
    );
  }

  /** Counts a call that begins; call the result with whether it failed. */
  called(operation: string): (failed: boolean) => void {
    const began = performance.now();
    this.#total.inc({ operation_type: operation });
    return (failed) => {
      this.#durations.observe({ operation_type: operation }, secondsSince(began));
      if (failed) this.#errors.inc({ operation_type: operation });
    };
  }

  /** The same for RunPodSandbox, by the handler of the pod's RuntimeClass. */
  makesSandbox(handler: string): (failed: boolean) => void {
    const began = performance.now();
    return (failed) => {
      this.#sandboxDurations.observe({ runtime_handler: handler }, secondsSince(began));
      if (failed) this.#sandboxErrors.inc({ runtime_handler: handler });
    };
  }
}

/** Seconds since a value of performance.now(). */
export function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
