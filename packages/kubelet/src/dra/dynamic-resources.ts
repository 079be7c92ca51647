// The resource claims of the pods of this node: drivers that register, what they prepare for pods, and what containers get
// of it.
import { messageOf } from '@berth/common/error-message.ts';
import type { AllocatedResourceStatus, Container, Pod, PodStatus } from '../api/pod.ts';
import type { ApiClient } from '../apiserver/api-client.ts';
import { createLogger } from '../klog/klog.ts';
import { DraMetrics } from '../metrics/dra-metrics.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { PluginHandler } from '../plugin-watcher/plugin-handler.ts';
import { ClaimCache } from './claim-cache.ts';
import { claimHealth } from './claim-health.ts';
import type { ClaimInfo } from './claim-info.ts';
import { ClaimManager } from './claim-manager.ts';
import { claimsOfContainer, containerCdiDevices } from './container-claims.ts';
import { DraDrivers } from './drivers.ts';
import { withoutClaimed } from './extended-claim.ts';
import { HealthCache } from './health-cache.ts';
import { SliceWipes, type SliceWipesPorts } from './slice-wipes.ts';

const log = createLogger('dynamic-resources.ts');

/** When claims of pods that are gone are tried again to be given back. */
const retryMs = 60_000;

/** What claims need of the kubelet. */
export interface DynamicResourcesPorts extends Omit<SliceWipesPorts, 'client'> {
  /** Undefined on a standalone node: drivers register, and give back what pods of an earlier cluster have left. */
  client: Pick<ApiClient, 'get' | 'deleteCollection'> | undefined;
  rootDir: string;
  registry: MetricsRegistry;
  /** The status that the API server has of a pod. */
  status(uid: string): PodStatus | undefined;
  /** Whether a pod is this node's: its own rounds give back its claims. Any pod may be until all are known. */
  isKnown(uid: string): boolean;
  /** These pods have devices of another health, or what they waited for may have come. */
  onPods(uids: Iterable<string>): void;
  /** A pod uses no claims any more: its final phase may be told. */
  onReleased(uid: string): void;
}

/** The claims of one kubelet. */
export class DynamicResources {
  readonly #ports: DynamicResourcesPorts;
  readonly #cache: ClaimCache;
  readonly #manager: ClaimManager;
  readonly #drivers: DraDrivers;
  readonly #health: HealthCache;
  readonly #wipes: SliceWipes | undefined;
  readonly #metrics: DraMetrics;
  /** Pods that have failed to get or to give back their claims. */
  readonly #waiting = new Set<string>();
  /** Pods that have ended, and have given back what they had. */
  readonly #released = new Set<string>();
  #isReconciling = false;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  /** Reads what an earlier kubelet has left. Throws when that is damaged. */
  constructor(ports: DynamicResourcesPorts) {
    this.#ports = ports;
    const { client, rootDir, registry } = ports;
    this.#cache = new ClaimCache(rootDir);
    this.#metrics = new DraMetrics(registry, () => this.#cache.inUse());
    this.#wipes = client && new SliceWipes({ ...ports, client });
    this.#health = new HealthCache(rootDir, (driver) => ports.onPods(this.#podsOf(driver)));
    this.#drivers = new DraDrivers({
      metrics: this.#metrics,
      onUsable: (driver, isUsable) => this.#usable(driver, isUsable),
      onHealth: (driver, health) => this.#health.report(driver, health),
      onHealthEnd: (driver) => this.#health.clear(driver),
    });
    this.#manager = new ClaimManager({
      client,
      cache: this.#cache,
      plugin: (driver) => this.#drivers.find(driver),
    });
  }

  /** Registers plugins of the type DRAPlugin. */
  get handler(): PluginHandler {
    return this.#drivers;
  }

  /** Deletes the ResourceSlices of an earlier time: their drivers publish them again. */
  start(): void {
    this.#wipes?.start();
  }

  /** Stops; pods keep their claims. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#wipes?.stop();
    this.#drivers.stop();
    this.#health.stop();
  }

  /** Has the claims of a pod prepared, whose containers are made then. Rejects when that fails, or the signal fires. */
  async prepare(pod: Pod, signal: AbortSignal): Promise<void> {
    const { uid } = pod.metadata;
    this.#released.delete(uid);
    await this.#noting(uid, () =>
      this.#metrics.operation('PrepareResources', async () => {
        try {
          await this.#manager.prepare(pod, this.#ports.status(uid), signal);
        } catch (error) {
          signal.throwIfAborted();
          throw described('prepare dynamic resources', error);
        }
      }),
    );
  }

  /** Gives back the claims of a pod whose containers have ended for good. Rejects when that fails. */
  async release(uid: string): Promise<void> {
    if (this.#released.has(uid)) return;
    const hadClaims = this.uses(uid);
    await this.#noting(uid, () =>
      this.#metrics.operation('UnprepareResources', () =>
        this.#manager.unprepare(uid).catch((error: unknown) => {
          throw described('unprepare dynamic resources', error);
        }),
      ),
    );
    this.#released.add(uid);
    if (hadClaims) this.#ports.onReleased(uid);
  }

  /** Nothing is left of a pod. Gives back the claims of others that are gone. */
  ended(uid: string): void {
    this.#released.delete(uid);
    this.#waiting.delete(uid);
    this.reconcile();
  }

  /** Gives back the claims of pods that are gone without having ended here: a kubelet was killed, or they were not admitted. */
  reconcile(): void {
    const pods = new Set([...this.#cache.all()].flatMap(({ podUids }) => [...podUids]));
    const gone = [...pods].filter((uid) => !this.#ports.isKnown(uid));
    if (gone.length > 0 && !this.#stopped && !this.#isReconciling) void this.#releaseAll(gone);
  }

  async #releaseAll(uids: readonly string[]): Promise<void> {
    this.#isReconciling = true;
    for (const uid of uids) {
      try {
        await this.#manager.unprepare(uid);
      } catch (error) {
        log.warn('Unpreparing pod resources in reconcile loop failed, will retry', {
          podUID: uid,
          err: error,
        });
        clearTimeout(this.#retry);
        if (!this.#stopped) this.#retry = setTimeout(() => this.reconcile(), retryMs);
      }
    }
    this.#isReconciling = false;
  }

  /** Whether the pod uses claims that have to be given back before it is over. */
  uses(uid: string): boolean {
    return this.#cache.ofPod(uid).length > 0;
  }

  /** The pod without the extended resources that it has by a claim. */
  withoutClaimed(pod: Pod): Pod {
    return withoutClaimed(pod, this.#ports.status(pod.metadata.uid));
  }

  /** The names of the CDI devices of a container. Throws when a claim of it is not prepared. */
  cdiDevices(pod: Pod, container: Container): string[] {
    const { namespace, uid } = pod.metadata;
    const find = (name: string) => this.#cache.get(namespace, name);
    return containerCdiDevices(pod, container, this.#ports.status(uid), find);
  }

  /** The claims of a container, for the PodResources API. Throws when one of them is not known. */
  ofContainer(pod: Pod, container: Container): ClaimInfo[] {
    const { namespace, uid } = pod.metadata;
    const find = (name: string) => this.#cache.get(namespace, name);
    return claimsOfContainer(pod, container, this.#ports.status(uid), find);
  }

  /** The health of the devices of a container. */
  health(pod: Pod, container: Container): AllocatedResourceStatus[] {
    const { namespace, uid } = pod.metadata;
    return claimHealth(pod, container, this.#ports.status(uid), {
      find: (name) => this.#cache.get(namespace, name),
      health: (driver, device) => this.#health.get(driver, device),
    });
  }

  #podsOf(driver: string): Set<string> {
    const claims = [...this.#cache.all()].filter(({ drivers }) => drivers.has(driver));
    return new Set(claims.flatMap(({ podUids }) => [...podUids]));
  }

  #usable(driver: string, isUsable: boolean): void {
    if (!isUsable) {
      this.#wipes?.away(driver);
      return;
    }
    this.#wipes?.back(driver);
    this.reconcile();
    this.#ports.onPods([...this.#waiting]);
  }

  async #noting(uid: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.#waiting.delete(uid);
    } catch (error) {
      this.#waiting.add(uid);
      throw error;
    }
  }
}

function described(what: string, error: unknown): Error {
  return new Error(`${what}: ${messageOf(error)}`, { cause: error });
}
