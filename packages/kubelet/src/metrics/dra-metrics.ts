// Counts what is done about resource claims.
import type { Histogram } from 'prom-client';
import type { MetricsRegistry } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

/** From 0.1 to 40 seconds in equal ratios, as Go's math.Pow has them: they are labels. */
const buckets = [
  0.1, 0.1534127404634391, 0.23535468936502524, 0.36106407876409946, 0.5539182980610752, 0.849781240983936,
  1.303672689737678, 1.9999999999999993, 3.0682548092687805, 4.7070937873005025, 7.221281575281985,
  11.078365961221499, 16.995624819678714, 26.07345379475354, 39.99999999999997,
];

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
