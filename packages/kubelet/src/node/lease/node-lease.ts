// The lease in kube-node-lease by which the kubelet shows that it lives: renewed every quarter of its duration.
// https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats
import { sleepUntilAborted } from '@berth/common/abort.ts';
import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';
import { type ApiClient, ApiError, hasApiCode, type Resource } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import { jittered } from '../jitter.ts';
import { type LeaseSettings, renewedLease } from './renewed-lease.ts';

const log = createLogger('node-lease.ts');

const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
const namespace = 'kube-node-lease';
/** How often a renewal is tried at once before the next one waits for its time. */
const maxTries = 5;
const firstRetryMs = 200;
const longestRetryMs = 7000;
/** Part of the duration after which the lease is renewed. */
const renewalShare = 0.25;

/** What a lease needs. */
export interface NodeLeasePorts {
  /** The client of heartbeats: with a timeout, without a limit of requests. */
  client: Pick<ApiClient, 'get' | 'create' | 'update'>;
  settings: LeaseSettings;
  /** The UID of the node's object, which owns the lease. Rejects while there is no such object. */
  nodeUid(signal: AbortSignal): Promise<string>;
  /** A renewal has failed more than once: connections may hang. */
  onRepeatedFailure(): void;
}

/** Keeps the lease of one node. */
export class NodeLease {
  readonly #ports: NodeLeasePorts;
  readonly #stopped = new AbortController();
  /** The lease as this kubelet has written it last: nobody else does, so it need not be read before each renewal. */
  #latest: Lease | undefined;

  constructor(ports: NodeLeasePorts) {
    this.#ports = ports;
  }

  /** Renews the lease until it is stopped; returns at once. */
  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const intervalMs = this.#ports.settings.durationSeconds * 1000 * renewalShare;
    while (!signal.aborted) {
      await this.renew();
      await sleepUntilAborted(jittered(intervalMs), signal);
    }
  }

  /** Creates the lease, or renews it. Never rejects. */
  async renew(): Promise<void> {
    if (this.#latest) {
      if (await this.#update(this.#latest)) return;
      log.info('failed to update lease using latest lease, fallback to ensure lease');
    }
    const { lease, isNew } = await this.#ensure();
    this.#latest = lease;
    if (lease && !isNew && !(await this.#update(lease))) log.error('Will retry updating lease');
  }

  async #update(base: Lease): Promise<boolean> {
    let lease: Lease | undefined = base;
    for (let tries = 0; tries < maxTries && !this.#stopped.signal.aborted; tries++) {
      let isConflict = false;
      try {
        const renewed = await this.#renewed(lease);
        this.#latest = await this.#ports.client.update(
          leases,
          { namespace, name: this.#ports.settings.name },
          renewed,
          this.#stopped,
        );
        return true;
      } catch (error) {
        log.error('Failed to update lease', { err: error });
        isConflict = error instanceof ApiError && error.reason === 'Conflict';
      }
      if (isConflict) ({ lease } = await this.#ensure());
      else if (tries > 0) this.#ports.onRepeatedFailure();
    }
    return false;
  }

  /** Reads the lease or creates it, with growing pauses; none while the node's object does not exist. */
  async #ensure(): Promise<{ lease: Lease | undefined; isNew: boolean }> {
    const { client, settings } = this.#ports;
    const { signal } = this.#stopped;
    for (let retryMs = firstRetryMs; !signal.aborted; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
      try {
        return {
          lease: await client.get<Lease>(leases, { namespace, name: settings.name }, { signal }),
          isNew: false,
        };
      } catch (error) {
        if (!hasApiCode(error, 404)) {
          log.error('Failed to ensure lease exists, will retry', { err: error, ms: retryMs });
          await sleepUntilAborted(retryMs, signal);
          continue;
        }
      }
      let fresh: Lease;
      try {
        fresh = await this.#renewed(undefined);
      } catch (error) {
        log.error('Failed to get node when trying to set owner ref to the node lease', { err: error });
        return { lease: undefined, isNew: false };
      }
      try {
        return { lease: await client.create(leases, { namespace }, fresh, { signal }), isNew: true };
      } catch (error) {
        log.error('Failed to ensure lease exists, will retry', { err: error, ms: retryMs });
        await sleepUntilAborted(retryMs, signal);
      }
    }
    return { lease: undefined, isNew: false };
  }

  async #renewed(base: Lease | undefined): Promise<Lease> {
    const { settings, nodeUid } = this.#ports;
    const isOwned = (base?.metadata?.ownerReferences ?? []).length > 0;
    const owner = isOwned ? undefined : await nodeUid(this.#stopped.signal);
    return renewedLease(base, settings, { owner, now: Date.now() });
  }
}
