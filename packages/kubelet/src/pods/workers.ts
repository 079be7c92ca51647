// Keeps one worker for each desired or terminating pod. Adopts pods of an earlier kubelet.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingResize } from '../admission/resizes.ts';
import { type Pod, type PodIdentity, podFullName, podKey } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { PodRuntimeStatus, RuntimeContainer, SandboxView } from '../kubecontainer/runtime-status.ts';
import { type ObjectRef, objectKey } from '../objects/objects.ts';
import { refersToAny } from '../objects/refs.ts';
import type { PlegListener } from '../pleg/pleg.ts';
import type { ProbeKind } from '../prober/results.ts';
import type { Preempted } from './end/pod-end.ts';
import { PodWorker, type WorkerPorts } from './worker.ts';

const log = createLogger('workers.ts');

const stopPatienceMs = 1000;

/** The parameters of the workers. */
export interface WorkersPorts {
  worker: WorkerPorts;
  /** Pods of an earlier kubelet that were found at start. */
  found: readonly PodIdentity[];
  /** The wanted pods that have to end for a critical one. */
  preempted: ReadonlyMap<string, Preempted>;
  /** Why wanted pods have other resources than their manifests ask for. */
  pending?: ReadonlyMap<string, PendingResize>;
  /** Called when a pod gets a worker; `pod` is undefined for an orphan. */
  onAdded(pod: Pod | undefined): void;
  /** Called when a pod has ended and everything of it is removed. */
  onEnded(uid: string, wasOrphan: boolean): void;
}

/** The workers by UID. */
export class PodWorkers implements PlegListener {
  readonly #ports: WorkersPorts;
  readonly #found: ReadonlySet<string>;
  readonly #workers = new Map<string, PodWorker>();
  #wanted: ReadonlyMap<string, Pod>;
  #preempted: ReadonlyMap<string, Preempted>;
  #pending: ReadonlyMap<string, PendingResize>;
  #stopped = false;

  /** Runs `wanted`, and ends every other pod that was found. */
  constructor(wanted: ReadonlyMap<string, Pod>, ports: WorkersPorts) {
    this.#ports = ports;
    this.#wanted = wanted;
    this.#preempted = ports.preempted;
    this.#pending = ports.pending ?? new Map();
    this.#found = new Set(ports.found.map(({ uid }) => uid));
    for (const pod of ports.found) this.#adopt(pod);
    this.#reconcile();
  }

  /** Sets the desired pods, those of them that have to end, and why some have other resources than they ask for. */
  setPods(
    wanted: ReadonlyMap<string, Pod>,
    preempted: ReadonlyMap<string, Preempted> = new Map(),
    pending: ReadonlyMap<string, PendingResize> = new Map(),
  ): void {
    this.#wanted = wanted;
    this.#preempted = preempted;
    this.#pending = pending;
    this.#reconcile();
  }

  /** Every pod with a worker, except orphans, whose specification is unknown. */
  pods(): Pod[] {
    return [...this.#workers.values()].map((worker) => worker.pod()).filter((pod) => pod !== undefined);
  }

  /** Whether the pod has a worker. */
  has(uid: string): boolean {
    return this.#workers.has(uid);
  }

  /** Every pod with a worker: its specification unless it is an orphan, and the runtime's state of it. */
  runtimePods(): { pod: Pod | undefined; status: PodRuntimeStatus; isTerminating: boolean }[] {
    return [...this.#workers.values()].map((worker) => ({
      pod: worker.pod(),
      status: worker.runtimeStatus,
      isTerminating: worker.terminating,
    }));
  }

  /** All containers that run, each with its pod. */
  runningContainers(): (RuntimeContainer & { pod: PodIdentity })[] {
    return [...this.#workers.values()].flatMap((worker) =>
      worker.runningContainers().map((container) => ({ ...container, pod: worker.identity })),
    );
  }

  /** Handles an event of a pod. Ends the pod if it is an orphan (in no source). */
  onPod(pod: PodIdentity, appeared: boolean, view: SandboxView | undefined): void {
    const worker = this.#workers.get(pod.uid);
    if (worker && view) worker.notice(view);
    else if (worker) worker.wake();
    else if (appeared) this.#adopt(pod);
  }

  /** Wakes all workers, because events may have been lost. */
  onAll(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  /** Wakes the pods that refer to one of the objects, which have changed. */
  onObjects(changed: readonly ObjectRef[]): void {
    const keys = new Set(changed.map(objectKey));
    for (const worker of this.#workers.values()) {
      const pod = worker.pod();
      if (pod && refersToAny(pod, keys)) worker.wake();
    }
  }

  /** Handles a changed result of a probe of the pod. */
  onProbe(uid: string, kind: ProbeKind): void {
    this.#workers.get(uid)?.probed(kind);
  }

  /** Stops all workers; the pods keep running. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // Wait only for stopPatienceMs: a round may last a grace period, and may be interrupted at any step.
    const stopped = Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    const patience = new AbortController();
    await Promise.race([stopped, sleep(stopPatienceMs, undefined, { signal: patience.signal })]);
    patience.abort();
  }

  /** Ends a pod that is in the runtime or on disk and not desired. */
  #adopt(pod: PodIdentity): void {
    if (this.#stopped || this.#wanted.has(pod.uid) || this.#workers.has(pod.uid)) return;
    log.info('Ending a pod that no source wants', { pod: `${pod.namespace}/${pod.name}`, podUID: pod.uid });
    this.#add(pod, undefined);
  }

  /** Deletes pods that are no longer desired, and starts workers for new pods. */
  #reconcile(): void {
    if (this.#stopped) return;
    for (const [uid, worker] of this.#workers) if (!this.#wanted.has(uid)) worker.terminate();
    for (const [uid, end] of this.#preempted) this.#workers.get(uid)?.end(end);
    for (const [uid, pod] of this.#wanted) {
      const worker = this.#workers.get(uid);
      if (worker) {
        const pending = this.#pending.get(uid);
        const isNews = worker.pod() !== pod || worker.pending !== pending;
        if (!worker.terminating && isNews) worker.update(pod, pending);
      } else if (!this.#nameInUse(pod) && !this.#waitsForRoom(uid)) {
        log.v(2, 'Starting pod', { pod: podKey(pod), podUID: uid });
        this.#add(pod.metadata, pod);
      }
    }
  }

  #add(identity: PodIdentity, pod: Pod | undefined): void {
    const events = {
      onCleared: () => this.#reconcile(),
      onDone: () => this.#done(identity.uid, pod === undefined),
    };
    const pending = this.#pending.get(identity.uid);
    const worker = new PodWorker(identity, pod, this.#ports.worker, events, pending);
    this.#ports.onAdded(pod);
    const end = this.#preempted.get(identity.uid);
    if (end) worker.end(end);
    if (pod && !this.#found.has(identity.uid)) worker.startNew();
    this.#workers.set(identity.uid, worker);
    worker.wake();
  }

  /** Handles the removal of a pod: starts a waiting pod of the same name, or this one if it is desired again. */
  #done(uid: string, wasOrphan: boolean): void {
    this.#workers.delete(uid);
    this.#ports.onEnded(uid, wasOrphan);
    this.#reconcile();
  }

  /** Whether a pod that was preempted for this one still runs. One that ran before this kubelet has its room. */
  #waitsForRoom(uid: string): boolean {
    if (this.#found.has(uid)) return false;
    return [...this.#workers.values()].some((worker) => worker.clears === uid);
  }

  /** Whether another pod of this name has a worker: the new version waits until the old one has ended. */
  #nameInUse(pod: Pod): boolean {
    const fullName = podFullName(pod);
    return [...this.#workers.values()].some(
      ({ identity }) => `${identity.name}_${identity.namespace}` === fullName,
    );
  }
}
