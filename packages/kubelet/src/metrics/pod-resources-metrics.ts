// Counts requests of the PodResources API.
import type { MetricsRegistry } from './registry.ts';

/** The versions of the API. */
export type PodResourcesVersion = 'v1' | 'v1alpha1';

const prefix = 'kubelet_pod_resources_endpoint_';

/** The families about the PodResources API. */
export class PodResourcesMetrics {
  readonly #all;
  readonly #lists;
  readonly #allocatables;
  readonly #gets;
  readonly #getErrors;

  constructor(registry: MetricsRegistry) {
    const counter = (name: string, help: string) =>
      registry.counter(`${prefix}${name}`, `${help} of the PodResources API, by its version.`, [
        'server_api_version',
      ]);
    this.#all = counter('requests_total', 'Requests');
    this.#lists = counter('requests_list', 'List requests');
    this.#allocatables = counter('requests_get_allocatable', 'GetAllocatableResources requests');
    this.#gets = counter('requests_get', 'Get requests');
    this.#getErrors = counter('errors_get', 'Get requests that failed');
  }

  /** A List; that of v1alpha1 counts among all requests only. */
  list(version: PodResourcesVersion): void {
    this.#all.inc({ server_api_version: version });
    if (version === 'v1') this.#lists.inc({ server_api_version: version });
  }

  /** A GetAllocatableResources. */
  getAllocatable(): void {
    this.#all.inc({ server_api_version: 'v1' });
    this.#allocatables.inc({ server_api_version: 'v1' });
  }

  /** A Get. */
  get(): void {
    this.#all.inc({ server_api_version: 'v1' });
    this.#gets.inc({ server_api_version: 'v1' });
  }

  /** A Get whose pod is not there. */
  getFailed(): void {
    this.#getErrors.inc({ server_api_version: 'v1' });
  }
}
