// Keeps one worker for each pod that is wanted or still ends, and adopts what an earlier kubelet left behind.
import { setTimeout as sleep } from 'node:timers/promises';
import { Semaphore } from '@berth/common/semaphore.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { startCgroupDriver } from '@berth/linux/cgroups/start-driver.ts';
import { type Pod, type PodIdentity, type PodStatus, podFullName, podKey } from '../api/pod.ts';
import { Backoff } from '../backoff/backoff.ts';
import { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { ImageManager } from '../images/image-manager.ts';
import { createLogger } from '../klog/klog.ts';
import { emptyRuntimeStatus, type SandboxView } from '../kubecontainer/runtime-status.ts';
import type { Kubelet, KubeletDependencies, PodWithStatus } from '../kubelet.ts';
import { listRuntimePods, RuntimePods } from '../kuberuntime/runtime-pods.ts';
import { removeDeadLinks } from '../logs/log-files.ts';
import { rotateLog } from '../logs/log-rotation.ts';
import { canMountWithoutSwap, nodeCapacity } from '../node/node-capacity.ts';
import { Pleg } from '../pleg/pleg.ts';
import { podStatus } from '../status/pod-status.ts';
import { podsOnDisk } from '../volumes/pod-dir.ts';
import type { Services } from './services.ts';
import { PodWorker } from './worker.ts';

const log = createLogger('pod-manager.ts');

/** How many sandboxes and containers are being made at a time: more than the runtime can use, not a flood. */
const maxCreations = 16;
/** Kubernetes' defaults. */
const logLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };
const logCheckMs = 10_000;
const stopPatienceMs = 1000;
const firstRetryMs = 100;
const longestRetryMs = 5000;

/** Makes a kubelet for one runtime. */
export function createKubelet(dependencies: KubeletDependencies): Kubelet {
  return new PodManager(dependencies);
}

class PodManager implements Kubelet {
  readonly #dependencies: KubeletDependencies;
  readonly #workers = new Map<string, PodWorker>();
  readonly #madeAt = Date.now();
  #wanted = new Map<string, Pod>();
  /** UIDs of the pods that were here when this kubelet began. */
  #found: ReadonlySet<string> = new Set();
  #services: Services | undefined;
  #pleg: Pleg | undefined;
  #logTimer: NodeJS.Timeout | undefined;
  #starting = false;
  #stopped = false;

  constructor(dependencies: KubeletDependencies) {
    this.#dependencies = dependencies;
  }

  setPods(pods: Pod[]): void {
    this.#wanted = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    if (this.#services) this.#reconcile(this.#services);
    else if (!this.#starting) {
      this.#starting = true;
      void this.#start();
    }
  }

  pods(): PodWithStatus[] {
    const list: PodWithStatus[] = [];
    for (const worker of this.#workers.values()) {
      const [pod, status] = [worker.pod(), worker.status()];
      if (pod && status) list.push({ ...pod, status });
    }
    for (const [uid, pod] of this.#wanted) {
      if (!this.#workers.has(uid)) list.push({ ...pod, status: this.#statusOfIdle(pod) });
    }
    return list;
  }

  runtimeReady(): boolean {
    return this.#pleg?.ready ?? false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pleg?.stop();
    clearTimeout(this.#logTimer);
    // A round may wait for a grace period; nothing is lost when it does not come to its end.
    const stopped = Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    const patience = new AbortController();
    await Promise.race([stopped, sleep(stopPatienceMs, undefined, { signal: patience.signal })]);
    patience.abort();
    this.#dependencies.cri.close();
    this.#dependencies.imageCri?.close();
  }

  /** Waits for the runtime, ends what is wanted no more, then begins to run pods. */
  async #start(): Promise<void> {
    for (let delayMs = firstRetryMs; !this.#stopped; delayMs = Math.min(delayMs * 2, longestRetryMs)) {
      try {
        const services = await this.#connect();
        const found = await this.#findPods(services);
        this.#services = services;
        this.#watch(services);
        this.#found = new Set(found.map((pod) => pod.uid));
        for (const pod of found) this.#adopt(pod, services);
        this.#reconcile(services);
        return;
      } catch (error) {
        log.error('Failed to begin with the container runtime, will try again', { err: error, ms: delayMs });
        await sleep(delayMs);
      }
    }
  }

  async #connect(): Promise<Services> {
    const { cri, imageCri = cri, options } = this.#dependencies;
    const [{ runtimeName, runtimeVersion }, { features }] = await Promise.all([
      cri.runtime.version({}),
      cri.runtime.status({}),
    ]);
    const nodeCgroups = detectCgroups();
    const driver = await startCgroupDriver(options.cgroupDriver, nodeCgroups);
    const cgroups = new PodCgroups(nodeCgroups, options, driver);
    await cgroups.prepare();
    log.info('Container runtime initialized', { containerRuntime: runtimeName, version: runtimeVersion });
    const capacity = nodeCapacity(options.rootDir);
    return {
      options,
      runtime: cri.runtime,
      runtimeName,
      hasGroupsPolicy: features?.supplementalGroupsPolicy === true,
      pods: new RuntimePods(cri.runtime, options),
      images: new ImageManager(imageCri.image, options.maxParallelImagePulls),
      cgroups,
      crashBackoff: new Backoff({ initialMs: 10_000, maxMs: options.maxContainerRestartPeriodMs }),
      creations: new Semaphore(maxCreations),
      capacity,
      memoryVolumes: { memoryBytes: capacity.memoryBytes, noswap: canMountWithoutSwap() },
    };
  }

  #watch({ runtime, options }: Services): void {
    const listener = {
      onPod: (pod: PodIdentity, appeared: boolean, view: SandboxView | undefined) =>
        this.#changed(pod, appeared, view),
      onAll: () => {
        for (const worker of this.#workers.values()) worker.wake();
      },
    };
    this.#pleg = new Pleg(runtime, listener, options.syncFrequencyMs);
    this.#pleg.start();
    this.#rotateLogsLater(runtime);
  }

  /** Looks at the size of every running container's log from time to time. */
  #rotateLogsLater(runtime: RuntimeClient): void {
    this.#logTimer = setTimeout(async () => {
      for (const container of [...this.#workers.values()].flatMap((worker) => worker.runningLogs())) {
        await rotateLog(container, logLimits, runtime).catch((err: unknown) => {
          log.error('Failed to rotate container log', { err, path: container.path });
        });
      }
      if (!this.#stopped) this.#rotateLogsLater(runtime);
    }, logCheckMs);
  }

  /** Every pod of which there is something here: in the runtime, on disk or in the cgroups. */
  async #findPods(services: Services): Promise<PodIdentity[]> {
    const { options, cgroups, runtime } = services;
    removeDeadLinks(options);
    const found = new Map<string, PodIdentity>();
    for (const uid of [...cgroups.pods(), ...(await podsOnDisk(options))]) {
      found.set(uid, { uid, name: '', namespace: '' });
    }
    for (const [uid, pod] of await listRuntimePods(runtime)) found.set(uid, pod);
    return [...found.values()];
  }

  /** Something happened to a pod; one that nobody wants is an orphan and ends. */
  #changed(pod: PodIdentity, appeared: boolean, view: SandboxView | undefined): void {
    const worker = this.#workers.get(pod.uid);
    if (worker && view) worker.notice(view);
    else if (worker) worker.wake();
    else if (appeared && this.#services) this.#adopt(pod, this.#services);
  }

  /** Ends a pod that was found and is not wanted. */
  #adopt(pod: PodIdentity, services: Services): void {
    if (this.#stopped || this.#wanted.has(pod.uid) || this.#workers.has(pod.uid)) return;
    log.info('Ending a pod that no source wants', { pod: `${pod.namespace}/${pod.name}`, podUID: pod.uid });
    this.#add(new PodWorker(pod, undefined, services, () => this.#done(pod.uid)));
  }

  /** Ends the workers of pods that are wanted no more, and starts those of new ones. */
  #reconcile(services: Services): void {
    if (this.#stopped) return;
    for (const [uid, worker] of this.#workers) if (!this.#wanted.has(uid)) worker.terminate();
    for (const [uid, pod] of this.#wanted) {
      const worker = this.#workers.get(uid);
      if (worker) {
        if (!worker.terminating && worker.pod() !== pod) worker.update(pod);
      } else if (!this.#nameInUse(pod)) {
        log.v(2, 'Starting pod', { pod: podKey(pod), podUID: uid });
        const started = new PodWorker(pod.metadata, pod, services, () => this.#done(uid));
        if (!this.#found.has(uid)) started.startNew();
        this.#add(started);
      }
    }
  }

  #add(worker: PodWorker): void {
    this.#workers.set(worker.identity.uid, worker);
    worker.wake();
  }

  /** A pod is gone: one of the same name may have waited for that, or this one is wanted again. */
  #done(uid: string): void {
    this.#workers.delete(uid);
    if (this.#services) this.#reconcile(this.#services);
  }

  /** Two pods of one name never run at the same time: the new version waits until the old one has ended. */
  #nameInUse(pod: Pod): boolean {
    const fullName = podFullName(pod);
    return [...this.#workers.values()].some(
      ({ identity }) => `${identity.name}_${identity.namespace}` === fullName,
    );
  }

  /** The status of a pod that is not begun: it waits for the runtime or for its predecessor. */
  #statusOfIdle(pod: Pod): PodStatus {
    return podStatus(
      pod,
      emptyRuntimeStatus(pod.metadata),
      {
        runtimeName: '',
        failures: new Map(),
        hostIps: this.#dependencies.options.nodeIps,
        podIps: [],
        now: this.#madeAt,
        startedAt: this.#madeAt,
        deadlineExceeded: false,
      },
      undefined,
    );
  }
}
