// Counts what is done about resource claims.
import type { Histogram } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

/** 15 bounds from 0.1 to 40 seconds, each as many times as large as the one before. */
const buckets = Array.from({ length: 15 }, (_, index) => 0.1 * ((40 / 0.1) ** (1 / 14)) ** index);

/** The families about resource claims. */
export class DraMetrics {
  readonly #operations;
  /** Made at the first call: a node without drivers does not have the family. */
  #calls: Histogram<'driver_name' | 'method_name' | 'grpc_status_code'> | undefined;
  readonly #registry: MetricsRegistry;

  /** @param inUse by driver, how many claims are prepared; all of them under `<any>` */
  constructor(registry: MetricsRegistry, inUse: () => ReadonlyMap<string, number>) {
    this.#registry = registry;
    this.#operations = registry.histogram(
      'dra_operations_duration_seconds',
      'How long it took to prepare or to give back all resource claims of a pod, in seconds.',
      ['operation_name', 'is_error'],
      buckets,
    );
    registry.readGauge(
      'dra_resource_claims_in_use',
      'Resource claims that are prepared, by driver; <any> counts each claim once.',
      ['driver_name'],
      () => [...inUse()].map(([driver, value]) => ({ labels: { driver_name: driver }, value })),
    );
  }

  /** Runs an operation on the claims of a pod, and counts it. */
  async operation<Result>(
    name: 'PrepareResources' | 'UnprepareResources',
    run: () => Promise<Result>,
  ): Promise<Result> {
    const began = performance.now();
    const ended = (isError: boolean): void =>
      this.#operations.observe({ operation_name: name, is_error: String(isError) }, secondsSince(began));
    try {
      const result = await run();
      ended(false);
      return result;
    } catch (error) {
      ended(true);
      throw error;
    }
  }

  /** A driver has answered a method, e.g. `/SERVICE/NodePrepareResources`, that was called at `began` (performance.now()). */
  called(driver: string, method: string, code: string, began: number): void {
    const labels = { driver_name: driver, method_name: method, grpc_status_code: code };
    this.#calls ??= this.#registry.histogram(
      'dra_grpc_operations_duration_seconds',
      'How long a call of a driver of resource claims took, in seconds.',
      ['driver_name', 'method_name', 'grpc_status_code'],
      buckets,
    );
    this.#calls.observe(labels, secondsSince(began));
  }
}
