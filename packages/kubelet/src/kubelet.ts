// Builds and starts all parts of the kubelet. The only file that imports them all; each part gets what it uses.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectoriesSync } from '@berth/common/files/directories.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import { type CriClient, connectCri, type RuntimeClient } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { selinuxEnabled } from '@berth/linux/security/selinux.ts';
import type { Pod, PodWithStatus } from './api/pod.ts';
import { CrashLoopBackoff } from './backoff/crash-loop.ts';
import type { PodCgroups } from './cgroups/pod-cgroups.ts';
import { readCgroupNode } from './cgroups/read-cgroup-node.ts';
import { startPodCgroups } from './cgroups/start-cgroups.ts';
import { PodConfig } from './config/pod-config.ts';
import { podSources } from './config/sources.ts';
import { collectGarbage } from './garbage/collect.ts';
import { leftoverPods } from './garbage/leftover-pods.ts';
import { ImageManager } from './images/image-manager.ts';
import { createLogger, setVerbosity } from './klog/klog.ts';
import type { PodRuntimeStatus } from './kubecontainer/runtime-status.ts';
import { recordedGracePeriod } from './kuberuntime/grace-period.ts';
import { type RuntimeFacts, runtimeFacts } from './kuberuntime/runtime-facts.ts';
import { RuntimeHandlers } from './kuberuntime/runtime-handlers.ts';
import { RuntimePods } from './kuberuntime/runtime-pods.ts';
import { sandboxConfigMaker } from './kuberuntime/sandbox-config-of.ts';
import { LogRotator } from './logs/log-rotator.ts';
import type { KubeletMetrics } from './metrics/kubelet-metrics.ts';
import { observedCri } from './metrics/observed-cri.ts';
import { nodeMaskedPaths } from './node/masked-paths.ts';
import { canMountWithoutSwap } from './node/node-capacity.ts';
import { readNode, type ThisNode } from './node/read-node.ts';
import { ManifestObjects } from './objects/from-manifests.ts';
import type { Objects } from './objects/objects.ts';
import type { NodeObject } from './objects/types.ts';
import { Observation } from './observation/observation.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';
import { Pleg } from './pleg/pleg.ts';
import { loadPodRecord, savePodRecord } from './podfiles/pod-record.ts';
import { PodManager, type RejectedPod } from './podmanager/pod-manager.ts';
import { VisiblePods } from './podmanager/visible-pods.ts';
import { observedEffects } from './pods/effects/observed-effects.ts';
import { effectTable } from './pods/effects/table.ts';
import { syncPod } from './pods/sync-pod.ts';
import { terminatePod } from './pods/terminate-pod.ts';
import type { WorkerPorts } from './pods/worker.ts';
import { PodWorkers } from './pods/workers.ts';
import { Prober } from './prober/manager.ts';
import { lockRootDir } from './rootdir/instance-lock.ts';
import type { Published } from './server/routes/zpages.ts';
import { startServers } from './server/start-servers.ts';
import { StatusManager } from './status/manager.ts';
import { UserNamespaces } from './userns/user-namespaces.ts';
import { filesPlugin } from './volumes/files-plugin.ts';
import { VolumeManager } from './volumes/manager.ts';
import { observedPlugin } from './volumes/observed-plugin.ts';
import { configMapVolumes } from './volumes/plugins/config-map.ts';
import { downwardApiVolumes } from './volumes/plugins/downward-api.ts';
import { emptyDirPlugin } from './volumes/plugins/empty-dir.ts';
import { hostPathPlugin } from './volumes/plugins/host-path.ts';
import { imagePlugin } from './volumes/plugins/image.ts';
import { nfsPlugin } from './volumes/plugins/nfs.ts';
import { projectedVolumes } from './volumes/plugins/projected.ts';
import { secretVolumes } from './volumes/plugins/secret.ts';

const log = createLogger('kubelet.ts');

/** Maximum number of concurrent RunPodSandbox and CreateContainer calls: keeps the runtime busy without flooding it. */
const maxCreations = 16;
const firstRetryMs = 100;
const longestRetryMs = 5000;

/** Connections to the runtime, and the options of the kubelet that uses them. */
export interface KubeletConnections {
  cri: CriClient;
  /** The image service, if its socket is not the runtime's. */
  imageCri?: CriClient;
  options: KubeletOptions;
}

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
    this.#statuses = new StatusManager(pods);
    this.#node = readNode(options);
    this.#podManager = new PodManager({
      node: this.#node.facts,
      isFinished: (uid) => this.#statuses.isFinished(uid),
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
   * Sets the desired pods of this node; each UID is one version of a pod. Returns at once. The first call also ends
   * pods of an earlier kubelet that are still in the runtime and not desired.
   */
  setPods(pods: readonly Pod[]): void {
    this.#podManager.setPods(pods);
    if (this.#running)
      this.#running.workers.setPods(this.#podManager.admitted(), this.#podManager.preempted());
    else if (!this.#starting) {
      this.#starting = true;
      void this.#start();
    }
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
      worker,
      found,
      onAdded: (pod) => {
        if (pod === undefined) metrics.pods.orphanFound();
        else metrics.pods.workerAdded(pod.spec.containers.length);
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

/** The parts of a kubelet that the parts of the pod workers are built from. */
interface WorkerParts {
  node: ThisNode;
  facts: RuntimeFacts;
  cgroups: PodCgroups;
  statuses: StatusManager;
  objects: Objects;
  prober: Prober;
  metrics: KubeletMetrics;
}

/** Builds the parts that the pod workers use. */
function workerPorts(
  { cri, imageCri = cri, options }: KubeletConnections,
  { node, facts, cgroups, statuses, objects, prober, metrics }: WorkerParts,
): WorkerPorts {
  const { runtimeName, handlers, canMountRecursivelyReadOnly } = facts;
  const { runtime } = cri;
  const pods = new RuntimePods(runtime, options, (seconds) => metrics.pleg.podRead(seconds));
  const images = new ImageManager({
    client: imageCri.image,
    maxParallelPulls: options.maxParallelImagePulls,
    objects,
    rootDir: options.rootDir,
    metrics: metrics.images,
    verification: options.imageVerification,
  });
  const crashLoop = new CrashLoopBackoff(options.maxContainerRestartPeriodMs);
  const creations = new Semaphore(maxCreations);
  const capacity = node.forPods;
  const memoryVolumes = { memoryBytes: capacity.memoryBytes, noswap: canMountWithoutSwap() };
  const files = { roots: options, objects, memoryVolumes };
  const plugins = [
    emptyDirPlugin(options, memoryVolumes),
    hostPathPlugin,
    imagePlugin,
    nfsPlugin({ roots: options }),
    ...[configMapVolumes, secretVolumes, downwardApiVolumes(capacity), projectedVolumes(capacity)].map(
      (kind) => filesPlugin(kind, files),
    ),
  ];
  const volumes = new VolumeManager(
    options,
    plugins.map((plugin) => observedPlugin(plugin, metrics.volumes)),
  );
  const users = new UserNamespaces(options);
  const sandboxConfigOf = sandboxConfigMaker(options, cgroups, users);
  const effects = effectTable({
    runtime,
    pods,
    images,
    volumes,
    cgroups,
    crashLoop,
    creations,
    sandboxConfigOf,
    users,
    handlers: new RuntimeHandlers(runtime, handlers),
    canMountRecursivelyReadOnly,
    options,
    capacity,
    objects,
    cgroupNode: readCgroupNode(node),
    maskedPaths: nodeMaskedPaths(),
    isSELinuxEnabled: selinuxEnabled(),
  });
  const sync = {
    pods,
    crashLoop,
    volumes,
    effects: observedEffects(effects, metrics.pods),
    probes: prober,
    collectGarbage: (status: PodRuntimeStatus) => collectGarbage(status, { runtime, pods, options }),
  };
  const terminate = { runtime, pods, options, images, crashLoop, cgroups, volumes, users };
  return {
    sync: (pod, state) => {
      const { annotations = {} } = pod.metadata;
      if (state.isNew) metrics.pods.firstRound(Date.parse(annotations['kubernetes.io/config.seen'] ?? ''));
      return metrics.pods.round(state.isNew ? 'create' : 'sync', () => syncPod(pod, state, sync));
    },
    terminate: (ending, onStatus) =>
      metrics.pods.round('terminated', () => terminatePod(ending, terminate, onStatus)),
    recordedGracePeriod: (uid) => recordedGracePeriod(runtime, uid),
    statuses,
    prober,
    records: {
      load: (uid) => loadPodRecord(options, uid),
      save: (uid, record) => savePodRecord(options, uid, record),
    },
    runtimeName,
    canMountRecursivelyReadOnly,
    options,
  };
}

/** The parameters of startKubelet. */
export interface KubeletSettings {
  options: KubeletOptions;
  version: string;
  /** What /configz and /flagz show. */
  published: Pick<Published, 'configuration' | 'flags'>;
}

/** Starts the kubelet with its sources and servers; `stop` leaves the pods running. */
export async function startKubelet({
  options,
  version,
  published,
}: KubeletSettings): Promise<{ stop(): Promise<void> }> {
  await lockRootDir(options.rootDir);
  // As Kubernetes has it; the folders of pods in it are 0755.
  makeDirectoriesSync(options.podLogsDir, 0o750);
  const { containerRuntimeEndpoint, imageServiceEndpoint, runtimeRequestTimeoutMs: timeoutMs } = options;
  const kubelet = new Kubelet({
    cri: connectCri(containerRuntimeEndpoint, { timeoutMs }),
    ...(imageServiceEndpoint === containerRuntimeEndpoint
      ? {}
      : { imageCri: connectCri(imageServiceEndpoint, { timeoutMs }) }),
    options,
  });
  const config = new PodConfig(podSources(options));
  const { observation } = kubelet;
  observation.kubelet.setVersion(version);
  const servers = await startServers(options, {
    runtime: kubelet.runtime,
    options,
    published: {
      ...published,
      release: version.replace(/^v|\+.*$/g, ''),
      startedAt: new Date(Date.now() - process.uptime() * 1000),
    },
    setVerbosity,
    endpoints: observation.endpoints(),
    observe: observation.kubelet.server.observe,
    pods: () => kubelet.pods(),
    rejected: () => [
      ...config.rejected(),
      ...kubelet.rejected().map(({ pod, detail }) => config.asRejected(pod, detail)),
    ],
    unhealthy: () => {
      const isHealthy = kubelet.runtimeReady();
      observation.health.checked('syncloop', isHealthy);
      return isHealthy ? undefined : `the container runtime does not answer at ${containerRuntimeEndpoint}`;
    },
  });
  config.start((pods, objects) => {
    kubelet.setObjects(objects);
    kubelet.setPods(pods);
  });
  log.info('Started kubelet', {
    version,
    node: options.nodeName,
    runtime: containerRuntimeEndpoint,
    staticPodPath: options.staticPodPath,
  });
  return {
    stop: async () => {
      await config.stop();
      for (const server of servers) server.close();
      await kubelet.stop();
    },
  };
}
