// One worker for each pod that is wanted or still ends. Adopts what an earlier kubelet left behind.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pod, type PodIdentity, podFullName, podKey } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { RuntimeContainer, SandboxView } from '../kubecontainer/runtime-status.ts';
import type { PlegListener } from '../pleg/pleg.ts';
import { PodWorker, type WorkerPorts } from './worker.ts';

const log = createLogger('workers.ts');

const stopPatienceMs = 1000;

/** What the workers need. */
export interface WorkersPorts {
  worker: WorkerPorts;
  /** Pods of which something was here when this kubelet began. */
  found: readonly PodIdentity[];
  /** Called when a pod has ended and nothing of it is left. */
  onEnded(uid: string): void;
}

/** The workers by UID. */
export class PodWorkers implements PlegListener {
  readonly #ports: WorkersPorts;
  readonly #found: ReadonlySet<string>;
  readonly #workers = new Map<string, PodWorker>();
  #wanted: ReadonlyMap<string, Pod>;
  #stopped = false;

  /** Runs `wanted`, and ends every other pod that was found. */
  constructor(wanted: ReadonlyMap<string, Pod>, ports: WorkersPorts) {
    this.#ports = ports;
    this.#wanted = wanted;
    this.#found = new Set(ports.found.map(({ uid }) => uid));
    for (const pod of ports.found) this.#adopt(pod);
    this.#reconcile();
  }

  /** The whole set of pods to run from now on; each UID is one version of a pod. */
  setPods(wanted: ReadonlyMap<string, Pod>): void {
    this.#wanted = wanted;
    this.#reconcile();
  }

  /** Every pod that has a worker, but no orphans, of which nothing but the name is known. */
  pods(): Pod[] {
    return [...this.#workers.values()].map((worker) => worker.pod()).filter((pod) => pod !== undefined);
  }

  /** Whether the pod has a worker. */
  has(uid: string): boolean {
    return this.#workers.has(uid);
  }

  /** All containers that run, each with its pod. */
  runningContainers(): (RuntimeContainer & { pod: PodIdentity })[] {
    return [...this.#workers.values()].flatMap((worker) =>
      worker.runningContainers().map((container) => ({ ...container, pod: worker.identity })),
    );
  }

  /** Something happened to a pod; one that no source wants is an orphan and ends. */
  onPod(pod: PodIdentity, appeared: boolean, view: SandboxView | undefined): void {
    const worker = this.#workers.get(pod.uid);
    if (worker && view) worker.notice(view);
    else if (worker) worker.wake();
    else if (appeared) this.#adopt(pod);
  }

  /** Anything may have happened to any pod. */
  onAll(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  /** Leaves all pods as they are. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // A round may wait for a grace period; nothing is lost when it does not come to its end.
    const stopped = Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    const patience = new AbortController();
    await Promise.race([stopped, sleep(stopPatienceMs, undefined, { signal: patience.signal })]);
    patience.abort();
  }

  /** Ends a pod that was found and is not wanted. */
  #adopt(pod: PodIdentity): void {
    if (this.#stopped || this.#wanted.has(pod.uid) || this.#workers.has(pod.uid)) return;
    log.info('Ending a pod that no source wants', { pod: `${pod.namespace}/${pod.name}`, podUID: pod.uid });
    this.#add(pod, undefined);
  }

  /** Ends the workers of pods that are wanted no more, and starts those of new ones. */
  #reconcile(): void {
    if (this.#stopped) return;
    for (const [uid, worker] of this.#workers) if (!this.#wanted.has(uid)) worker.terminate();
    for (const [uid, pod] of this.#wanted) {
      const worker = this.#workers.get(uid);
      if (worker) {
        if (!worker.terminating && worker.pod() !== pod) worker.update(pod);
      } else if (!this.#nameInUse(pod)) {
        log.v(2, 'Starting pod', { pod: podKey(pod), podUID: uid });
        this.#add(pod.metadata, pod);
      }
    }
  }

  #add(identity: PodIdentity, pod: Pod | undefined): void {
    const worker = new PodWorker(identity, pod, this.#ports.worker, () => this.#done(identity.uid));
    if (pod && !this.#found.has(identity.uid)) worker.startNew();
    this.#workers.set(identity.uid, worker);
    worker.wake();
  }

  /** A pod is gone: one of the same name may have waited for that, or this one is wanted again. */
  #done(uid: string): void {
    this.#workers.delete(uid);
    this.#ports.onEnded(uid);
    this.#reconcile();
  }

  /** Two pods of one name never run at the same time: the new version waits until the old one has ended. */
  #nameInUse(pod: Pod): boolean {
    const fullName = podFullName(pod);
    return [...this.#workers.values()].some(
      ({ identity }) => `${identity.name}_${identity.namespace}` === fullName,
    );
  }
}
