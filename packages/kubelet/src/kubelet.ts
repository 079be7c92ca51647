// Builds and starts all parts of the kubelet. The only file that imports them all; each part gets what it uses.
import { arch } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectoriesSync } from '@berth/common/files/directories.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import type { Pod, PodWithStatus } from './api/pod.ts';
import { CrashLoopBackoff } from './backoff/crash-loop.ts';
import type { PodCgroups } from './cgroups/pod-cgroups.ts';
import { startPodCgroups } from './cgroups/start-cgroups.ts';
import { PodConfig } from './config/pod-config.ts';
import { podSources } from './config/sources.ts';
import { collectGarbage } from './garbage/collect.ts';
import { leftoverPods } from './garbage/leftover-pods.ts';
import { ImageManager } from './images/image-manager.ts';
import { createLogger } from './klog/klog.ts';
import type { PodRuntimeStatus } from './kubecontainer/runtime-status.ts';
import { recordedGracePeriod } from './kuberuntime/grace-period.ts';
import { type RuntimeFacts, runtimeFacts } from './kuberuntime/runtime-facts.ts';
import { RuntimePods } from './kuberuntime/runtime-pods.ts';
import { sandboxConfigMaker } from './kuberuntime/sandbox-config-of.ts';
import { LogRotator } from './logs/log-rotator.ts';
import { canMountWithoutSwap, nodeCapacity } from './node/node-capacity.ts';
import { nodeFacts } from './node/node-facts.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';
import { Pleg } from './pleg/pleg.ts';
import { loadPodRecord, savePodRecord } from './podfiles/pod-record.ts';
import { PodManager, type RejectedPod } from './podmanager/pod-manager.ts';
import { VisiblePods } from './podmanager/visible-pods.ts';
import { effectTable } from './pods/effects/table.ts';
import { syncPod } from './pods/sync-pod.ts';
import { terminatePod } from './pods/terminate-pod.ts';
import type { WorkerPorts } from './pods/worker.ts';
import { PodWorkers } from './pods/workers.ts';
import type { ProbeResults } from './prober/results.ts';
import { lockRootDir } from './rootdir/instance-lock.ts';
import { startServers } from './server/start-servers.ts';
import { StatusManager } from './status/manager.ts';
import { VolumeManager } from './volumes/manager.ts';
import { emptyDirPlugin } from './volumes/plugins/empty-dir.ts';
import { hostPathPlugin } from './volumes/plugins/host-path.ts';

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
}

/** The kubelet without sources and servers: brings the runtime to the desired set of pods. */
export class Kubelet {
  readonly #connections: KubeletConnections;
  readonly #podManager: PodManager;
  readonly #statuses = new StatusManager();
  readonly #visible: VisiblePods;
  #running: Running | undefined;
  #starting = false;
  #stopped = false;

  constructor(connections: KubeletConnections) {
    this.#connections = connections;
    const { nodeName, nodeIps, maxPods, rootDir } = connections.options;
    this.#podManager = new PodManager({
      node: nodeFacts(nodeName, arch(), maxPods, nodeCapacity(rootDir)),
      isFinished: (uid) => this.#statuses.isFinished(uid),
    });
    this.#visible = new VisiblePods({
      podManager: this.#podManager,
      statuses: this.#statuses,
      workers: () => this.#running?.workers,
      nodeIps,
    });
  }

  /**
   * Sets the desired pods of this node; each UID is one version of a pod. Returns at once. The first call also ends
   * pods of an earlier kubelet that are still in the runtime and not desired.
   */
  setPods(pods: readonly Pod[]): void {
    this.#podManager.setPods(pods);
    if (this.#running) this.#running.workers.setPods(this.#podManager.admitted());
    else if (!this.#starting) {
      this.#starting = true;
      void this.#start();
    }
    this.#visible.refresh();
  }

  /** Every desired or terminating pod with its newest status, as JSON-ready objects. */
  pods(): PodWithStatus[] {
    return this.#visible.list();
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
    const { cri, options } = this.#connections;
    const { runtime } = cri;
    const facts = await runtimeFacts(runtime);
    const cgroups = await startPodCgroups(options);
    const worker = workerPorts(this.#connections, facts, cgroups, this.#statuses);
    const found = await leftoverPods({ runtime, cgroups, options });
    if (this.#stopped) return;
    const workers = new PodWorkers(this.#podManager.admitted(), {
      worker,
      found,
      onEnded: (uid) => this.#visible.ended(uid),
    });
    const pleg = new Pleg(runtime, workers, options.syncFrequencyMs);
    const rotator = new LogRotator({ runtime, options, workers });
    this.#running = { workers, pleg, rotator };
    pleg.start();
    rotator.start();
  }
}

/** No prober runs yet: no container has a result. */
const noProbes: ProbeResults = { result: () => undefined };

/** Builds the parts that the pod workers use. */
function workerPorts(
  { cri, imageCri = cri, options }: KubeletConnections,
  { runtimeName, hasGroupsPolicy }: RuntimeFacts,
  cgroups: PodCgroups,
  statuses: StatusManager,
): WorkerPorts {
  const { runtime } = cri;
  const pods = new RuntimePods(runtime, options);
  const images = new ImageManager(imageCri.image, options.maxParallelImagePulls);
  const crashLoop = new CrashLoopBackoff(options.maxContainerRestartPeriodMs);
  const creations = new Semaphore(maxCreations);
  const capacity = nodeCapacity(options.rootDir);
  const volumes = new VolumeManager(options, [
    emptyDirPlugin(options, { memoryBytes: capacity.memoryBytes, noswap: canMountWithoutSwap() }),
    hostPathPlugin,
  ]);
  const sandboxConfigOf = sandboxConfigMaker(options, cgroups);
  const effects = effectTable({
    runtime,
    pods,
    images,
    volumes,
    cgroups,
    crashLoop,
    creations,
    sandboxConfigOf,
    hasGroupsPolicy,
    options,
    capacity,
  });
  const sync = {
    pods,
    crashLoop,
    effects,
    probes: noProbes,
    collectGarbage: (status: PodRuntimeStatus) => collectGarbage(status, { runtime, pods, options }),
  };
  const terminate = { runtime, pods, options, images, crashLoop, cgroups, volumes };
  return {
    sync: (pod, state) => syncPod(pod, state, sync),
    terminate: (ending, onStatus) => terminatePod(ending, terminate, onStatus),
    recordedGracePeriod: (uid) => recordedGracePeriod(runtime, uid),
    statuses,
    records: {
      load: (uid) => loadPodRecord(options, uid),
      save: (uid, record) => savePodRecord(options, uid, record),
    },
    runtimeName,
    options,
  };
}

/** The parameters of startKubelet. */
export interface KubeletSettings {
  options: KubeletOptions;
  allowedUnsafeSysctls: readonly string[];
  version: string;
}

/** Starts the kubelet with its sources and servers; `stop` leaves the pods running. */
export async function startKubelet({
  options,
  allowedUnsafeSysctls,
  version,
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
  const config = new PodConfig(podSources(options, { allowedUnsafe: allowedUnsafeSysctls }));
  const servers = await startServers(options, {
    pods: () => kubelet.pods(),
    rejected: () => [
      ...config.rejected(),
      ...kubelet.rejected().map(({ pod, detail }) => config.asRejected(pod, detail)),
    ],
    unhealthy: () =>
      kubelet.runtimeReady()
        ? undefined
        : `the container runtime does not answer at ${containerRuntimeEndpoint}`,
  });
  config.start((pods) => kubelet.setPods(pods));
  log.info('Started kubelet', {
    version,
    node: options.nodeName,
    runtime: containerRuntimeEndpoint,
    staticPodPath: options.staticPodPath,
  });
  return {
    stop: async () => {
      await config.stop();
      for (const server of servers) server.close().closeAllConnections();
      await kubelet.stop();
    },
  };
}
