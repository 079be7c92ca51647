// The ClusterTrustBundles of the cluster, watched from when a pod first needs one.
import { type ApiClient, hasApiCode, type Resource } from '../../apiserver/api-client.ts';
import { listingOf } from '../../apiserver/listing.ts';
import { ObjectFeed } from '../../apiserver/object-feed.ts';
import { untilOrFor } from '../../apiserver/wait.ts';
import { maxWaitMs } from '../objects/server-objects.ts';
import { readTrustBundle, type TrustBundle, type TrustSource, trustAnchors } from './trust-anchors.ts';

/** The versions that servers of the last releases have, newest first. */
const versions = ['v1', 'v1beta1'] as const;

/** The bundles. */
export class ClusterTrustBundles {
  readonly #client: ApiClient;
  readonly #synced = Promise.withResolvers<void>();
  #bundles: readonly TrustBundle[] | undefined;
  #feed: ObjectFeed | undefined;
  #starting: Promise<void> | undefined;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** The certificates for a source, in PEM. Rejects when there are none, or the bundles are not known. */
  async anchors(source: TrustSource): Promise<string> {
    await this.#started();
    if (!this.#bundles) await untilOrFor(this.#synced.promise, maxWaitMs);
    if (!this.#bundles) throw new Error('ClusterTrustBundle informer has not yet synced');
    return trustAnchors(this.#bundles, source);
  }

  /** Stops watching. */
  stop(): void {
    void this.#feed?.stop();
  }

  /** Begins to watch; another pod tries again when that fails. */
  async #started(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    await this.#starting;
  }

  async #start(): Promise<void> {
    const resource = await this.#resource();
    this.#feed = new ObjectFeed(listingOf(this.#client, { resource }));
    this.#feed.start((objects) => {
      this.#bundles = objects.flatMap((object) => readTrustBundle(object) ?? []);
      this.#synced.resolve();
    });
  }

  async #resource(): Promise<Resource> {
    let last: unknown;
    for (const version of versions) {
      const resource = { group: 'certificates.k8s.io', version, plural: 'clustertrustbundles' };
      try {
        await this.#client.list(resource, {}, { resourceVersion: '0' });
        return resource;
      } catch (error) {
        if (!hasApiCode(error, 404)) throw error;
        last = error;
      }
    }
    throw new Error('the API server has no ClusterTrustBundles', { cause: last });
  }
}
