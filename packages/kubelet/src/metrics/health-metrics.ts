// /metrics/slis: what the checks of /healthz found.
import { processStartTime } from '@berth/linux/processes/process-figures.ts';
import { MetricsRegistry } from './registry.ts';

/** Counts checks. */
export class HealthMetrics {
  readonly registry = new MetricsRegistry();
  readonly #latest = this.registry.gauge(
    'kubernetes_healthcheck',
    'The last result of a check; 1: healthy.',
    ['name', 'type'],
  );
  readonly #total = this.registry.counter('kubernetes_healthchecks_total', 'Checks by result.', [
    'name',
    'type',
    'status',
  ]);

  constructor() {
    this.registry.figure(processStartTime);
  }

  /** A request had a check run, e.g. `syncloop`. */
  checked(name: string, isHealthy: boolean): void {
    const labels = { name, type: 'healthz' };
    this.#latest.set(labels, isHealthy ? 1 : 0);
    this.#total.inc({ ...labels, status: isHealthy ? 'success' : 'error' });
  }
}
