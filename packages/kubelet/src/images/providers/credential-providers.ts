// All credential providers of the node.
import type { Pod } from '../../api/pod.ts';
import { credentialsFor } from '../credentials/keyring.ts';
import type { PullCredentials } from '../credentials/pull-credentials.ts';
import { CredentialProvider, type ServiceAccounts } from './credential-provider.ts';
import type { ProviderSettings } from './read-config.ts';
import { runProvider } from './run-provider.ts';

/** Is told of the providers, for metrics. */
export interface CredentialProviderMetrics {
  /** The providers of files with this hash are used. */
  configured(hash: string): void;
  /** Runs a program. */
  observe<Result>(name: string, run: () => Promise<Result>): Promise<Result>;
}

/** The providers. */
export class CredentialProviders {
  readonly #providers: readonly CredentialProvider[];

  constructor(
    { binDir, providers, hash }: ProviderSettings,
    accounts: ServiceAccounts | undefined,
    metrics: CredentialProviderMetrics,
  ) {
    metrics.configured(hash);
    this.#providers = providers.map((config) => {
      const run = (request: { image: string; text: string }) =>
        metrics.observe(config.name, () => runProvider(config, binDir, request));
      return new CredentialProvider(config, { run, accounts });
    });
  }

  /** The credentials for the repository, which has a host, when a pod pulls it. */
  async credentials(pod: Pod, repository: string): Promise<PullCredentials[]> {
    const provided = await Promise.all(this.#providers.map((each) => each.provide(pod, repository)));
    const entries = provided.flatMap(({ entries: own, serviceAccount }) =>
      own.map((entry) => ({ ...entry, secret: undefined, serviceAccount })),
    );
    return credentialsFor(repository, entries);
  }
}
