// Counts registrations of device plugins, and how long they take to allocate.
import type { MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

/** The families about device plugins. */
export class DeviceMetrics {
  readonly #registrations;
  readonly #allocations;

  constructor(registry: MetricsRegistry) {
    this.#registrations = registry.counter(
      'kubelet_device_plugin_registration_total',
      'Registrations of device plugins, by resource.',
      ['resource_name'],
    );
    this.#allocations = registry.histogram(
      'kubelet_device_plugin_alloc_duration_seconds',
      'How long an allocation by a device plugin took, in seconds, by resource.',
      ['resource_name'],
    );
  }

  /** A plugin asks to be registered for a resource. */
  registered(resource: string): void {
    this.#registrations.inc({ resource_name: resource });
  }

  /** A plugin has allocated, or has failed to; `began`: when devices were chosen (performance.now()). */
  allocated(resource: string, began: number): void {
    this.#allocations.observe({ resource_name: resource }, secondsSince(began));
  }
}
