// Tries the mirrors of a repository in order, then its registry, and joins their errors.
import { asError } from '@berth/common/error-message.ts';
import { NoMatchingPlatformError } from '../image-spec/manifest.ts';
import { type Reference, repositoryName } from '../reference/reference.ts';
import type { Access } from './auth/authorizer.ts';
import { RepositoryClient } from './client.ts';
import { rewrite } from './hosts/host.ts';
import type { Warn } from './hosts/hosts-toml.ts';
import { registryHosts } from './hosts/registry-hosts.ts';
import { RegistryError } from './http/errors.ts';

/** The hosts of one repository, in the order in which they are tried. */
export class RepositoryHosts {
  readonly #clients: RepositoryClient[];
  readonly #repository: string;

  private constructor(clients: RepositoryClient[], repository: string) {
    this.#clients = clients;
    this.#repository = repository;
  }

  /** Reads the host configuration of a reference's registry. */
  static async load(
    reference: Reference,
    hostsDir: string | undefined,
    access: Omit<Access, 'host' | 'repository'>,
    warn: Warn,
  ): Promise<RepositoryHosts> {
    const hosts = await registryHosts(reference.registry, hostsDir, warn);
    const clients = hosts.map(
      (host) =>
        new RepositoryClient({ ...access, host, repository: rewrite(reference.repository, host.rewrites) }),
    );
    return new RepositoryHosts(clients, repositoryName(reference));
  }

  /**
   * Tries `operation` with each host until one succeeds. When all fail, the error lists all failures and has the code of
   * the last host, the registry itself.
   */
  async firstThat<T>(
    capability: 'pull' | 'resolve',
    signal: AbortSignal | undefined,
    operation: (client: RepositoryClient) => Promise<T>,
  ): Promise<T> {
    const failures: Error[] = [];
    for (const client of this.#clients) {
      if (!client.host.capabilities.has(capability)) continue;
      try {
        return await operation(client);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof NoMatchingPlatformError) throw error;
        failures.push(asError(error));
      }
    }
    const [only, ...others] = failures;
    if (!only)
      throw new RegistryError('refused', `no host is configured to ${capability} ${this.#repository}`);
    if (others.length === 0) throw only;
    const code = failures
      .map((error) => (error instanceof RegistryError ? error.code : 'unavailable'))
      .at(-1);
    throw new RegistryError(code ?? 'unavailable', failures.map(({ message }) => message).join('; '), {
      cause: new AggregateError(failures),
    });
  }
}
