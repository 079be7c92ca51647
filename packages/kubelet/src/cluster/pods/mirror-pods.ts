// Keeps one mirror pod on the API server for each static pod of this node, and removes those of static pods that are gone.
import { type Pod, podKey } from '../../api/pod.ts';
import { isStatic } from '../../api/pod-source-of.ts';
import { type ApiClient, hasApiCode, type ObjectName } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import { isMirrorOf, type MirrorStep, mirrorOf, mirrorStep } from './mirror-step.ts';
import { podResource } from './pod-resource.ts';
import type { ServedPodIndex } from './served-pod-index.ts';

const log = createLogger('mirror-pods.ts');

const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/** How long the watch may take to show that a mirror pod was made or deleted. */
const watchLagMs = 30_000;

/** The parameters of mirror pods. */
export interface MirrorPodsPorts {
  client: Pick<ApiClient, 'get' | 'create' | 'delete'>;
  served: Pick<ServedPodIndex, 'mirrors'>;
  /** The node of this kubelet in the API; undefined when it has none, or is being removed. */
  node(): { name: string; uid: string } | undefined;
  /** Whether a static pod of this name (`namespace/name`) still ends. */
  isEnding(key: string): boolean;
}

/** The mirror pods of this node. */
export class MirrorPods {
  readonly #ports: MirrorPodsPorts;
  #statics: ReadonlyMap<string, Pod> = new Map();
  #sourcesRead = false;
  /** Mirror pods that were made and that the watch has not shown yet, by name: of which static pods, and until when. */
  readonly #made = new Map<string, { pod: Pod; until: number }>();
  /** UIDs of mirror pods that were deleted and that the watch still shows, and until when. */
  readonly #deleted = new Map<string, number>();
  #isDue = false;
  #work: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(ports: MirrorPodsPorts) {
    this.#ports = ports;
  }

  /** Sets the pods of all sources. `sourcesRead`: no source is without an answer. */
  setPods(pods: readonly Pod[], sourcesRead: boolean): void {
    this.#statics = new Map(pods.filter(isStatic).map((pod) => [podKey(pod), pod]));
    this.#sourcesRead = sourcesRead;
    this.reconcile();
  }

  /** Call it when mirror pods have changed, the node was registered or a static pod has ended. */
  reconcile(): void {
    this.#isDue = true;
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
      if (this.#isDue && !this.#isStopped && this.#retry === undefined) this.reconcile();
    });
  }

  /** Stops at the next request; the mirror pods stay. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    // What happens at once is one pass.
    await Promise.resolve();
    clearTimeout(this.#retry);
    this.#retry = undefined;
    let hasFailed = false;
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      for (const [key, { step, pod, mirror }] of this.#steps()) {
        if (this.#isStopped) return;
        try {
          await this.#carryOut(step, key, pod, mirror);
        } catch (error) {
          hasFailed = true;
          log.error('Failed to bring a mirror pod up to date, will try again', {
            err: error,
            pod: key,
            step,
          });
        }
      }
    }
    this.#failures = hasFailed ? this.#failures + 1 : 0;
    if (hasFailed) {
      const ms = Math.min(longestRetryMs, firstRetryMs * 2 ** (this.#failures - 1));
      this.#retry = setTimeout(() => this.reconcile(), ms);
    }
  }

  #steps(): [string, { step: MirrorStep; pod: Pod | undefined; mirror: Pod | undefined }][] {
    const mirrors = this.#ports.served.mirrors();
    for (const [key, { pod, until }] of this.#made) {
      const mirror = mirrors.get(key)?.pod;
      if ((mirror && isMirrorOf(mirror, pod)) || until < performance.now()) this.#made.delete(key);
    }
    const present = new Set([...mirrors.values()].map(({ pod }) => pod.metadata.uid));
    for (const [uid, until] of this.#deleted) {
      if (!present.has(uid) || until < performance.now()) this.#deleted.delete(uid);
    }
    const keys = new Set([...this.#statics.keys(), ...mirrors.keys()]);
    return [...keys].flatMap((key) => {
      const pod = this.#statics.get(key);
      const seen = mirrors.get(key)?.pod;
      const mirror = seen && this.#deleted.has(seen.metadata.uid) ? undefined : seen;
      if (pod && this.#made.get(key)?.pod === pod) return [];
      const step = mirrorStep({
        pod,
        mirror,
        isEnding: this.#ports.isEnding(key),
        sourcesRead: this.#sourcesRead,
      });
      return step === 'keep' ? [] : [[key, { step, pod, mirror }]];
    });
  }

  async #carryOut(
    step: MirrorStep,
    key: string,
    pod: Pod | undefined,
    mirror: Pod | undefined,
  ): Promise<void> {
    if (mirror) await this.#delete(mirror);
    if (step !== 'delete' && pod) await this.#create(key, pod);
  }

  async #create(key: string, pod: Pod): Promise<void> {
    const node = this.#ports.node();
    if (!node) {
      log.info('No need to create a mirror pod, since node has been removed from the cluster', { pod: key });
      return;
    }
    const { namespace, name } = pod.metadata;
    log.info('Creating a mirror pod for static pod', { pod: key });
    try {
      await this.#ports.client.create(podResource, { namespace }, mirrorOf(pod, node));
    } catch (error) {
      if (!hasApiCode(error, 409)) throw error;
      const existing = await this.#ports.client.get<Pod>(podResource, { namespace, name });
      if (!isMirrorOf(existing, pod)) throw error;
    }
    this.#made.set(key, { pod, until: performance.now() + watchLagMs });
  }

  async #delete({ metadata: { namespace, name, uid } }: Pod): Promise<void> {
    log.v(2, 'Deleting a mirror pod', { pod: `${namespace}/${name}`, podUID: uid });
    const where: ObjectName = { namespace, name };
    try {
      await this.#ports.client.delete(podResource, where, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      // Another one has its name. A server that does not find it may have started just now, and not know it yet.
      if (!hasApiCode(error, 409)) throw error;
    }
    this.#deleted.set(uid, performance.now() + watchLagMs);
  }
}
