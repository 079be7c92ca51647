// The kubelet without sources and servers: builds and starts its parts; each gets what it uses.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import type { Pod, PodWithStatus } from './api/pod.ts';
import { canSwap } from './cgroups/container-resources.ts';
import { readCgroupNode } from './cgroups/read-cgroup-node.ts';
import { startPodCgroups } from './cgroups/start-cgroups.ts';
import { leftoverPods } from './garbage/leftover-pods.ts';
import { createLogger } from './klog/klog.ts';
import { runtimeFacts } from './kuberuntime/runtime-facts.ts';
import { LogRotator } from './logs/log-rotator.ts';
import { observedCri } from './metrics/observed-cri.ts';
import { readNode, type ThisNode } from './node/read-node.ts';
import { ManifestObjects } from './objects/from-manifests.ts';
import type { NodeObject } from './objects/types.ts';
import { Observation } from './observation/observation.ts';
import { resourcesLabels } from './observation/pod-resources.ts';
import { Pleg } from './pleg/pleg.ts';
import { loadPodRecord } from './podfiles/pod-record.ts';
import { PodManager, type RejectedPod } from './podmanager/pod-manager.ts';
import { VisiblePods } from './podmanager/visible-pods.ts';
import { PodWorkers } from './pods/workers.ts';
import { Prober } from './prober/manager.ts';
import { StatusManager } from './status/manager.ts';
import { type KubeletConnections, workerPorts } from './worker-ports.ts';

const log = createLogger('kubelet.ts');

const firstRetryMs = 100;
const longestRetryMs = 5000;

/** The parts that exist once the runtime has answered. */
interface Running {
  workers: PodWorkers;
  pleg: Pleg;
  rotator: LogRotator;
  prober: Prober;
}

/** The kubelet without sources and servers: brings the runtime to the desired set of pods. */
export class Kubelet {
  readonly #connections: KubeletConnections;
  readonly #node: ThisNode;
  readonly #podManager: PodManager;
  readonly observation: Observation;
  readonly #statuses: StatusManager;
  readonly #objects = new ManifestObjects();
  readonly #visible: VisiblePods;
  #running: Running | undefined;
  #starting = false;
  #stopped = false;

  constructor({ cri, imageCri, options }: KubeletConnections) {
    this.observation = new Observation(options.nodeName);
    const { runtime, pods } = this.observation.kubelet;
    this.#connections = {
      cri: observedCri(cri, runtime),
      ...(imageCri && { imageCri: observedCri(imageCri, runtime) }),
      options,
    };
    this.#statuses = new StatusManager(pods, () => queueMicrotask(() => this.#retryResizes()));
    this.#node = readNode(options);
    this.#podManager = new PodManager({
      node: { ...this.#node.facts, canSwap: canSwap(options, readCgroupNode(this.#node)) },
      isFinished: (uid) => this.#statuses.isFinished(uid),
      recordedResources: (uid) => loadPodRecord(options, uid)?.allocated,
      onRejected: (reason) => pods.rejected(reason),
    });
    this.#visible = new VisiblePods({
      podManager: this.#podManager,
      statuses: this.#statuses,
      workers: () => this.#running?.workers,
      nodeIps: options.nodeIps,
    });
  }

  /**
   * Sets the desired pods of this node. A UID is one version of a pod, but for resources, which may change: the pod is
   * then resized. Returns at once. The first call also ends
   * pods of an earlier kubelet that are still in the runtime and not desired.
   */
  setPods(pods: readonly Pod[]): void {
    this.#podManager.setPods(pods);
    if (this.#running) this.#setAdmitted(this.#running.workers);
    else if (!this.#starting) {
      this.#starting = true;
      void this.#start();
    }
    this.#visible.refresh();
  }

  #setAdmitted(workers: PodWorkers): void {
    const podManager = this.#podManager;
    workers.setPods(podManager.admitted(), podManager.preempted(), podManager.pendingResizes());
  }

  /** A pod has ended: another one may get the resources that it waits for. */
  #retryResizes(): void {
    if (!this.#running || this.#stopped || !this.#podManager.retryResizes()) return;
    this.#setAdmitted(this.#running.workers);
    this.#visible.refresh();
  }

  /** Sets the ConfigMaps and Secrets of this node, and wakes the pods that refer to one that changed. */
  setObjects(objects: readonly NodeObject[]): void {
    const changed = this.#objects.set(objects);
    if (changed.length > 0) this.#running?.workers.onObjects(changed);
  }

  /** Every desired or terminating pod with its newest status, as JSON-ready objects. */
  pods(): PodWithStatus[] {
    return this.#visible.list();
  }

  /** The client of the runtime. */
  get runtime(): RuntimeClient {
    return this.#connections.cri.runtime;
  }

  /** Pods that admission rejected. */
  rejected(): RejectedPod[] {
    return [...this.#podManager.rejected().values()];
  }

  /** True while the runtime answers; when false, `/healthz` reports it. */
  runtimeReady(): boolean {
    return this.#running?.pleg.ready ?? false;
  }

  /** Stops the kubelet. Pods keep running, and the next kubelet adopts them. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#running?.pleg.stop();
    this.#running?.rotator.stop();
    this.#running?.prober.stop();
    await this.#running?.workers.stop();
    this.#connections.cri.close();
    this.#connections.imageCri?.close();
  }

  /** Waits for the runtime, ends pods that are not desired, then starts the workers. */
  async #start(): Promise<void> {
    for (let delayMs = firstRetryMs; !this.#stopped; delayMs = Math.min(delayMs * 2, longestRetryMs)) {
      try {
        await this.#begin();
        return;
      } catch (error) {
        log.error('Failed to begin with the container runtime, will try again', { err: error, ms: delayMs });
        await sleep(delayMs);
      }
    }
  }

  async #begin(): Promise<void> {
    const { cri, imageCri = cri, options } = this.#connections;
    const { runtime } = cri;
    const { kubelet: metrics } = this.observation;
    const facts = await runtimeFacts(runtime);
    const node = detectCgroups();
    const cgroups = await startPodCgroups(options, node, this.#node.podLimits, (driver) =>
      metrics.cgroups.observed(driver),
    );
    this.#podManager.runtimeAnswered(facts);
    this.#visible.refresh();
    const prober = new Prober({
      runtime,
      options,
      onChange: (uid, kind) => this.#running?.workers.onProbe(uid, kind),
    });
    const worker = workerPorts(this.#connections, {
      node: this.#node,
      facts,
      cgroups,
      statuses: this.#statuses,
      objects: this.#objects,
      prober,
      metrics,
    });
    const found = await leftoverPods({ runtime, cgroups, options });
    if (this.#stopped) return;
    const workers = new PodWorkers(this.#podManager.admitted(), {
      preempted: this.#podManager.preempted(),
      pending: this.#podManager.pendingResizes(),
      worker,
      found,
      onAdded: (pod) => {
        if (pod === undefined) metrics.pods.orphanFound();
        else {
          metrics.pods.workerAdded(pod.spec.containers.length);
          metrics.pods.admitted(resourcesLabels(pod));
        }
      },
      onEnded: (uid, wasOrphan) => {
        if (wasOrphan) metrics.pods.orphanRemoved();
        if (this.#podManager.admitted().has(uid)) metrics.pods.restarted();
        this.#visible.ended(uid);
      },
    });
    const pleg = new Pleg(runtime, workers, { safetyNetMs: options.syncFrequencyMs, metrics: metrics.pleg });
    const rotator = new LogRotator({ runtime, options, workers });
    this.#running = { workers, pleg, rotator, prober };
    this.observation.begin({
      cgroups: node,
      podCgroups: cgroups,
      runtime,
      image: imageCri.image,
      options,
      runtimePods: () => workers.runtimePods(),
      probes: () => prober.metrics(),
      desiredPods: () => [...this.#podManager.admitted().values(), ...this.rejected().map(({ pod }) => pod)],
      activePods: () =>
        [...this.#podManager.admitted().values()].filter(
          ({ metadata }) => !this.#statuses.isFinished(metadata.uid),
        ),
    });
    pleg.start();
    rotator.start();
  }
}
