// The kubelet without sources and servers: builds and starts its parts; each gets what it uses.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { Pod, PodWithStatus } from './api/pod.ts';
import { isFinalPhase } from './api/pod-phase.ts';
import type { ServedPod } from './api/served-pod.ts';
import type { ApiConnection } from './apiserver/api-connection.ts';
import { canSwap } from './cgroups/container-resources.ts';
import { readCgroupNode } from './cgroups/read-cgroup-node.ts';
import { ClusterParts } from './cluster/cluster-parts.ts';
import { Devices } from './devices/devices.ts';
import { DynamicResources } from './dra/dynamic-resources.ts';
import { EventRecorder } from './events/event-recorder.ts';
import { EventSink } from './events/event-sink.ts';
import { noPressure } from './eviction/pressure.ts';
import { PodOwnership } from './garbage/pod-ownership.ts';
import { observedCri } from './metrics/observed-cri.ts';
import { countPodCertificates } from './metrics/pod-certificate-metrics.ts';
import { ClusterNode } from './node/cluster/cluster-node.ts';
import { PodCidr } from './node/pod-cidr.ts';
import { readNode, type ThisNode } from './node/read-node.ts';
import { cacheTtlMs } from './objects/change-detection.ts';
import { ManifestObjects } from './objects/from-manifests.ts';
import type { Objects } from './objects/objects.ts';
import type { NodeObject } from './objects/types.ts';
import { Observation } from './observation/observation.ts';
import { PluginManager } from './plugin-watcher/plugin-manager.ts';
import { loadPodRecord } from './podfiles/pod-record.ts';
import { HeldPods } from './podmanager/held-pods.ts';
import { PodActivity } from './podmanager/pod-activity.ts';
import { PodManager, type RejectedPod } from './podmanager/pod-manager.ts';
import { PodRestarts, type RestartRefusal } from './podmanager/restarts.ts';
import { VisiblePods } from './podmanager/visible-pods.ts';
import type { PodWorkers } from './pods/workers.ts';
import { type Running, startRunning, stopRunning } from './running.ts';
import { StatusManager } from './status/manager.ts';
import { ResizeEvents } from './status/resize-events.ts';
import type { KubeletConnections } from './worker-ports.ts';

/** The kubelet without sources and servers: brings the runtime to the desired set of pods. */
export class Kubelet {
  readonly #connections: KubeletConnections;
  readonly #node: ThisNode;
  readonly #podManager: PodManager;
  readonly observation: Observation;
  readonly events: EventRecorder;
  readonly #statuses: StatusManager;
  readonly #manifestObjects = new ManifestObjects();
  readonly #objects: Objects;
  readonly #visible: VisiblePods;
  readonly #restarts: PodRestarts;
  readonly #ownership: PodOwnership;
  readonly #cluster: ClusterParts | undefined;
  /** The devices of plugins. */
  readonly devices: Devices;
  /** The resource claims of pods. */
  readonly claims: DynamicResources;
  /** On a standalone node; in a cluster its storage has one. */
  readonly #plugins: PluginManager | undefined;
  readonly #sink: EventSink | undefined;
  readonly #podCidr: PodCidr;
  /** This node in its cluster. */
  readonly clusterNode: ClusterNode | undefined;
  readonly #held: HeldPods;
  readonly #activity: PodActivity;
  #sourcesRead = false;
  #running: Running | undefined;
  #starting = false;
  #stopped = false;

  constructor({ cri, imageCri, options, version, api, observation }: KubeletConnections) {
    this.observation = observation ?? new Observation(options.nodeName);
    this.#sink = api && new EventSink(api.events);
    this.events = new EventRecorder(options.nodeName, (event) => this.#sink?.put(event));
    const { runtime, pods, resizes } = this.observation.kubelet;
    this.#connections = {
      cri: observedCri(cri, runtime),
      ...(imageCri && { imageCri: observedCri(imageCri, runtime) }),
      options,
      version,
      ...(api && { api }),
    };
    this.observation.kubelet.setVersion(version);
    this.#statuses = new StatusManager(pods, () => queueMicrotask(() => this.#onFinished()));
    this.devices = this.#newDevices();
    this.claims = this.#newClaims();
    this.#statuses.tell({ statusChanged: () => this.devices.podChanged(), forget: () => {} });
    this.#node = readNode(options);
    this.#cluster = api && this.#clusterParts(api);
    if (!api) {
      const handlers = { DevicePlugin: this.devices.handler, DRAPlugin: this.claims.handler };
      this.#plugins = new PluginManager(options.rootDir, handlers, this.observation.kubelet.volumes);
    }
    if (this.#cluster) this.#statuses.tell(this.#cluster.pods);
    const { certificates } = this.#cluster ?? {};
    if (certificates) countPodCertificates(this.observation.kubelet.registry, () => certificates.report());
    this.#objects = this.#cluster?.joinedWith(this.#manifestObjects) ?? this.#manifestObjects;
    this.#ownership = new PodOwnership(options);
    this.#podManager = new PodManager({
      node: {
        ...this.#node.facts,
        canSwap: canSwap(options, readCgroupNode(this.#node)),
        hasDevices: (resource) => this.devices.isManaged(resource),
        withoutClaimed: (pod) => this.claims.withoutClaimed(pod),
      },
      devices: this.devices,
      isFinished: (uid) => this.#isFinished(uid),
      recordedResources: (uid) => loadPodRecord(options, uid)?.allocated,
      onRejected: (reason) => pods.rejected(reason),
      onPreempted: (resource) => pods.preempted(resource),
      resizes,
      events: this.events,
    });
    this.#activity = new PodActivity({
      podManager: this.#podManager,
      isFinished: (uid) => this.#isFinished(uid),
      workers: () => this.#running?.workers,
      sourcesRead: () => this.#sourcesRead,
    });
    this.#held = new HeldPods({
      selectsOtherNode: (each) => this.#podManager.selectsOtherNode(each),
      readAgain: () => (this.clusterNode?.current() ? this.clusterNode.refresh() : undefined),
      apply: (each) => this.#applyPods(each),
    });
    this.#statuses.tell(new ResizeEvents((uid) => this.#podManager.desired(uid), this.events));
    this.#podCidr = new PodCidr(this.#connections.cri.runtime);
    this.clusterNode = api && this.#joined(api);
    this.#visible = new VisiblePods({
      podManager: this.#podManager,
      statuses: this.#statuses,
      workers: () => this.#running?.workers,
      nodeIps: options.nodeIps,
      ...(api && {
        lastStatus: (uid: string) => loadPodRecord(options, uid)?.status ?? this.#cluster?.pods.status(uid),
      }),
    });
    this.#restarts = new PodRestarts({
      pods: () => this.pods(),
      podManager: this.#podManager,
      statuses: this.#statuses,
      workers: () => this.#running?.workers,
      onJudged: () => this.#admitted(),
      options,
    });
  }

  #newDevices(): Devices {
    const { options } = this.#connections;
    return new Devices({
      rootDir: options.rootDir,
      withoutClaimed: (pod) => this.claims.withoutClaimed(pod),
      metrics: this.observation.kubelet.devices,
      isActive: (uid) => this.#activity.isActive(uid),
      isOver: (uid) => this.#podManager.imposed().has(uid) || this.#isFinished(uid),
      onDecided: () => {
        if (this.#stopped) return;
        this.#podManager.devicesDecided();
        this.#admitted();
      },
      onChange: (uids) => {
        this.clusterNode?.report();
        this.#running?.workers.wake(uids);
      },
    });
  }

  #newClaims(): DynamicResources {
    const { options, api } = this.#connections;
    return new DynamicResources({
      client: api?.client,
      nodeName: options.nodeName,
      rootDir: options.rootDir,
      registry: this.observation.kubelet.registry,
      nodeSeen: async (signal) => this.clusterNode?.seen(signal),
      status: (uid) => this.#cluster?.pods.status(uid),
      isKnown: (uid) => this.#activity.isKnown(uid),
      onPods: (uids) => this.#running?.workers.wake(uids),
      onReleased: (uid) => this.#cluster?.pods.statusChanged(uid),
    });
  }

  #isFinished(uid: string): boolean {
    return this.#statuses.isFinished(uid) || isFinalPhase(this.#cluster?.pods.status(uid)?.phase);
  }

  #joined(api: ApiConnection): ClusterNode {
    const { cri, imageCri = cri, options, version } = this.#connections;
    const node = new ClusterNode({
      api,
      cri: { runtime: cri.runtime, image: imageCri.image },
      options,
      node: this.#node,
      version,
      isRunning: () => this.#running !== undefined,
      reports: {
        pressures: () => this.#running?.pressure.pressures ?? noPressure.pressures,
        problems: () => [
          ...(this.#cluster?.storage.problems() ?? []),
          ...(this.#running?.pressure.problems() ?? []),
        ],
        volumesInUse: () => this.#cluster?.storage.volumesInUse(),
        devices: () => this.devices.counts(),
        hadDevices: () => this.devices.hadCheckpoint,
      },
      events: this.events,
      startup: this.observation.kubelet.startup,
      podCidr: this.#podCidr,
    });
    node.onChange((observed) => {
      this.#podManager.nodeObserved(observed);
      this.#cluster?.pods.nodeChanged();
      this.#cluster?.storage.nodeChanged();
    });
    return node;
  }

  /**
   * Sets the desired pods of this node. A UID is one version of a pod, but for resources, which may change: the pod is
   * then resized. Returns at once. The first call with `sourcesRead` also ends pods of an earlier kubelet with this root
   * directory that are not desired.
   */
  setPods(pods: readonly Pod[], sourcesRead = true): void {
    this.#sourcesRead ||= sourcesRead;
    this.#held.set(pods);
  }

  #applyPods(pods: readonly Pod[]): void {
    if (this.#stopped) return;
    this.#cluster?.pods.setPods(pods, this.#sourcesRead);
    this.#podManager.setPods(pods);
    this.devices.keepOnly((uid) => this.#podManager.desired(uid) !== undefined);
    this.#keepObjects();
    if (this.#running) this.#setAdmitted(this.#running.workers);
    else if (!this.#starting) {
      this.#starting = true;
      this.devices.start();
      this.#plugins?.start();
      this.#cluster?.start();
      this.claims.start();
      void this.#start();
    }
    this.#visible.refresh();
    this.claims.reconcile();
  }

  /** Sets the pods that the API server has of this node, by UID; before `setPods` when these changed, too. */
  setServed(served: ReadonlyMap<string, ServedPod>): void {
    this.observation.kubelet.podStarts.served(served);
    this.#cluster?.pods.setServed(served);
  }

  #clusterParts({ client }: ApiConnection): ClusterParts {
    return new ClusterParts({
      client,
      node: () => this.clusterNode?.reference(),
      status: (uid) => this.#statuses.get(uid),
      onSynced: (seconds) => this.observation.kubelet.pods.statusSynced(seconds),
      // Before the runtime has answered, an earlier kubelet's containers may run.
      mayRun: (uid) => this.#running?.workers.mayRun(uid) ?? !this.#podManager.rejected().has(uid),
      isEnding: (key) => this.#running?.workers.isEnding(key) ?? false,
      onOthers: (uid) => this.#running?.workers.onServed(uid),
      changeDetection: this.#connections.options.changeDetection,
      cacheTtlMs: () => cacheTtlMs(this.clusterNode?.current()?.metadata.annotations),
      onObjects: (changed) => this.#running?.workers.onObjects(changed),
      onServices: () => this.#running?.workers.onAll(),
      nodeName: this.#connections.options.nodeName,
      nodeUid: () => this.clusterNode?.current()?.metadata.uid,
      events: this.events,
      onCertificate: (uid) => this.#running?.workers.onServed(uid),
      claims: this.claims,
      storage: {
        options: this.#connections.options,
        metrics: this.observation.kubelet.volumes,
        selinux: this.#node.selinux,
        events: this.events,
        devicePlugins: this.devices.handler,
        draPlugins: this.claims.handler,
        node: () => this.clusterNode?.current(),
        reportNode: () => this.clusterNode?.report(),
        onVolumes: (uids) => this.#running?.workers.wake(uids),
      },
    });
  }

  /** Keeps the ConfigMaps and Secrets of the API server that pods need which have not ended. */
  #keepObjects(): void {
    const pods = [...this.#podManager.admitted().values()];
    this.#cluster?.setPods(pods.filter(({ metadata }) => !this.#statuses.isFinished(metadata.uid)));
  }

  #setAdmitted(workers: PodWorkers): void {
    const podManager = this.#podManager;
    workers.setPods(
      this.devices.ready(podManager.admitted()),
      podManager.imposed(),
      podManager.pendingResizes(),
    );
  }

  /** A pod has ended: another one may get the resources that it waits for. */
  #onFinished(): void {
    if (this.#stopped) return;
    this.#keepObjects();
    this.devices.ended();
    if (this.#running && this.#podManager.retryResizes()) this.#admitted();
  }

  /** Applies what was admitted anew. */
  #admitted(): void {
    if (this.#running && !this.#stopped) this.#setAdmitted(this.#running.workers);
    this.#visible.refresh();
  }

  /** Sets the ConfigMaps and Secrets of this node, and wakes the pods that refer to one that changed. */
  setObjects(objects: readonly NodeObject[]): void {
    const changed = this.#manifestObjects.set(objects);
    if (changed.length > 0) this.#running?.workers.onObjects(changed);
  }

  /** Every desired or terminating pod with its newest status, as JSON-ready objects. */
  pods(): PodWithStatus[] {
    return this.#visible.list();
  }

  /** Admitted pods that have not ended, as they were admitted. */
  activePods(): Pod[] {
    return this.#activity.activePods();
  }

  /** The pods that this node shall run, with rejected ones and those that have ended. */
  desiredPods(): Pod[] {
    return this.#podManager.desiredPods();
  }

  /** Ends the pod with this namespace/name and starts it again, or says why not. */
  restart(key: string): RestartRefusal | undefined {
    return this.#restarts.restart(key);
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
    this.devices.stop();
    this.#plugins?.stop();
    this.#cluster?.stop();
    this.claims.stop();
    this.clusterNode?.stop();
    this.#sink?.stop();
    if (this.#running) await stopRunning(this.#running);
    this.#connections.cri.close();
    this.#connections.imageCri?.close();
  }

  /** Registers the node in its cluster, and keeps it there. */
  join(): void {
    this.clusterNode?.start();
    this.events.recordOfNode('Normal', 'Starting', 'Starting kubelet.');
  }

  /** Waits for the runtime, ends pods that are not desired, then starts the workers. */
  #start(): Promise<void> {
    return startRunning({
      connections: this.#connections,
      node: this.#node,
      podManager: this.#podManager,
      activity: this.#activity,
      statuses: this.#statuses,
      objects: this.#objects,
      cluster: this.#cluster,
      ownership: this.#ownership,
      observation: this.observation,
      events: this.events,
      podCidr: this.#podCidr,
      devices: this.devices,
      claims: this.claims,
      sourcesRead: () => this.#sourcesRead,
      isStopped: () => this.#stopped,
      running: () => this.#running,
      onFacts: () => this.#visible.refresh(),
      onImposed: () => this.#admitted(),
      tellStatus: () => this.clusterNode?.tellStatus(),
      onRunning: (running) => {
        this.#running = running;
        this.claims.reconcile();
      },
      onEnded: (uid) => {
        this.#visible.ended(uid);
        this.#restarts.ended(uid);
        this.#cluster?.ended(uid);
        this.claims.ended(uid);
        this.devices.ended();
        this.#keepObjects();
      },
    });
  }
}
