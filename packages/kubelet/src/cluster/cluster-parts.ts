// What the pods of this node need of the cluster: their statuses there, the ConfigMaps and Secrets that they refer to, tokens
// of their service accounts and the addresses of services.
import type { Pod } from '../api/pod.ts';
import { isFromApi } from '../api/pod-source-of.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import { listingOf } from '../apiserver/listing.ts';
import { ObjectFeed } from '../apiserver/object-feed.ts';
import { untilOrFor } from '../apiserver/wait.ts';
import type { DynamicResources } from '../dra/dynamic-resources.ts';
import type { Recorder } from '../events/event.ts';
import type { ServiceAccounts } from '../images/providers/credential-provider.ts';
import type { ChangeDetection } from '../objects/change-detection.ts';
import { JoinedObjects } from '../objects/joined-objects.ts';
import type { Objects } from '../objects/objects.ts';
import { ClusterStorage, type ClusterStoragePorts } from '../storage/cluster-storage.ts';
import type { ServerContents } from '../volumes/server-contents.ts';
import { PodCertificates } from './certificates/pod-certificates.ts';
import { FetchedObjects } from './objects/fetched-objects.ts';
import { maxWaitMs, type OnObjects, type ReferredObjects } from './objects/server-objects.ts';
import { watchObjectBy } from './objects/watch-object.ts';
import { WatchedObjects } from './objects/watched-objects.ts';
import { ServerPods, type ServerPodsPorts } from './pods/server-pods.ts';
import {
  ClusterRuntimeClasses,
  runtimeClassResource,
  withHandlerOnly,
} from './runtime-classes/cluster-runtime-classes.ts';
import { ClusterServices, serviceResource, withoutDetails } from './services/cluster-services.ts';
import { ServiceAccountTokens, serviceAccounts } from './tokens/service-account-tokens.ts';
import { ClusterTrustBundles } from './trust/cluster-trust-bundles.ts';

/** The parameters of these parts. */
export interface ClusterPartsPorts extends ServerPodsPorts {
  client: ApiClient;
  /** How changes of ConfigMaps and Secrets are noticed. */
  changeDetection: ChangeDetection;
  /** How long the strategy Cache keeps an object, in milliseconds. */
  cacheTtlMs(): number;
  /** ConfigMaps or Secrets have changed. */
  onObjects: OnObjects;
  /** For certificates of pods. */
  nodeName: string;
  nodeUid(): string | undefined;
  events: Recorder;
  /** A request for a certificate of the pod was answered. */
  onCertificate(uid: string): void;
  /** Services were read for the first time, for which pods may wait. */
  onServices(): void;
  storage: Omit<ClusterStoragePorts, 'client' | 'tokens'>;
  claims: Pick<DynamicResources, 'uses'>;
}

/** The parts. */
export class ClusterParts {
  readonly pods: ServerPods;
  readonly #objects: ReferredObjects;
  readonly services = new ClusterServices();
  readonly runtimeClasses = new ClusterRuntimeClasses();
  /** For projected volumes. */
  readonly contents: ServerContents;
  readonly storage: ClusterStorage;
  /** For credential providers. */
  readonly accounts: ServiceAccounts;
  readonly #tokens: ServiceAccountTokens;
  readonly #trust: ClusterTrustBundles;
  readonly certificates: PodCertificates;
  readonly #serviceFeed: ObjectFeed;
  readonly #servicesRead = Promise.withResolvers<void>();
  readonly #classFeed: ObjectFeed;
  readonly #classesRead = Promise.withResolvers<void>();
  readonly #onServices: () => void;
  #startedAt = 0;

  constructor(ports: ClusterPartsPorts) {
    const { client, changeDetection, cacheTtlMs, onObjects, onServices } = ports;
    this.pods = new ServerPods({
      ...ports,
      // As long as a pod has claims, the cluster must not give them to another one.
      mayRun: (uid) => ports.mayRun(uid) || ports.claims.uses(uid),
    });
    this.#tokens = new ServiceAccountTokens(client);
    this.#trust = new ClusterTrustBundles(client);
    this.certificates = new PodCertificates({ ...ports, onAnswer: ports.onCertificate });
    this.contents = {
      token: (pod, request) => this.#tokens.token(pod, request),
      issuedToken: (pod, request) => this.#tokens.issuedToken(pod, request),
      trustAnchors: (source) => this.#trust.anchors(source),
      certificate: (pod, source) => this.certificates.bundle(pod, source),
    };
    this.accounts = {
      account: async (namespace, name) => {
        const { metadata } = await client.get(serviceAccounts, { namespace, name });
        return { uid: metadata?.uid ?? '', annotations: metadata?.annotations ?? {} };
      },
      token: (pod, request) => this.#tokens.token(pod, request),
    };
    this.storage = new ClusterStorage({
      ...ports.storage,
      client,
      tokens: this.#tokens,
    });
    this.#objects =
      changeDetection === 'Watch'
        ? new WatchedObjects(watchObjectBy(client), onObjects)
        : new FetchedObjects({
            client,
            ttlMs: changeDetection === 'Get' ? () => 0 : cacheTtlMs,
            onChanged: onObjects,
          });
    this.#serviceFeed = new ObjectFeed(
      listingOf(client, { resource: serviceResource, transform: withoutDetails }),
    );
    this.#classFeed = new ObjectFeed(
      listingOf(client, { resource: runtimeClassResource, transform: withHandlerOnly }),
    );
    this.#onServices = onServices;
  }

  /** Starts to read services and RuntimeClasses, and to register plugins. */
  start(): void {
    this.#startedAt = performance.now();
    this.storage.start();
    this.#serviceFeed.start((services) => {
      const isFirst = !this.services.hasSynced;
      this.services.set(services);
      if (!isFirst) return;
      this.#servicesRead.resolve();
      this.#onServices();
    });
    this.#classFeed.start((classes) => {
      this.runtimeClasses.set(classes);
      this.#classesRead.resolve();
    });
  }

  /** Sets the pods of this node that are not over: what those of the server refer to is kept in memory. */
  setPods(pods: readonly Pod[]): void {
    this.#objects.setPods(pods.filter(isFromApi));
  }

  /** These ConfigMaps and Secrets, and those of manifests. */
  joinedWith(manifests: Objects): Objects {
    return new JoinedObjects(this.#objects, manifests);
  }

  /** Resolves when what a pod of the server needs was read, or could not be read in time. */
  async load(pod: Pod): Promise<void> {
    if (!isFromApi(pod)) return;
    const patience = this.#startedAt + maxWaitMs - performance.now();
    await Promise.all([
      this.#objects.load(pod),
      this.services.hasSynced ? undefined : untilOrFor(this.#servicesRead.promise, patience),
      pod.spec.runtimeClassName ? untilOrFor(this.#classesRead.promise, patience) : undefined,
    ]);
  }

  /** Nothing is left of the pod on this node. */
  ended(uid: string): void {
    this.pods.ended(uid);
    this.#tokens.forget(uid);
    this.certificates.forget(uid);
  }

  /** Stops reading and writing. */
  stop(): void {
    this.pods.stop();
    this.storage.stop();
    this.#objects.stop();
    this.#trust.stop();
    this.certificates.stop();
    void this.#serviceFeed.stop();
    void this.#classFeed.stop();
  }
}
