// Counts runs of credential providers.
import { defaultBuckets, type MetricsRegistry } from './registry.ts';

/** The families about credential providers, which a kubelet has when some are configured. */
export class CredentialProviderMetrics {
  readonly #errors;
  readonly #durations;
  readonly #config;

  constructor(registry: MetricsRegistry) {
    this.#errors = registry.counter(
      'kubelet_credential_provider_plugin_errors_total',
      'Runs of credential providers that failed.',
      ['plugin_name'],
    );
    this.#durations = registry.histogram(
      'kubelet_credential_provider_plugin_duration',
      'How long runs of credential providers took, in seconds.',
      ['plugin_name'],
      defaultBuckets,
    );
    this.#config = registry.gauge(
      'kubelet_credential_provider_config_info',
      'The hash of the configuration of credential providers.',
      ['hash'],
    );
  }

  /** The providers of these files are used. */
  configured(hash: string): void {
    this.#config.set({ hash }, 1);
  }

  /** Runs a program. */
  async observe<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    try {
      return await run();
    } catch (error) {
      this.#errors.inc({ plugin_name: name });
      throw error;
    } finally {
      this.#durations.observe({ plugin_name: name }, (performance.now() - began) / 1000);
    }
  }
}
