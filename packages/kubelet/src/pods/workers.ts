// Keeps one worker for each desired or terminating pod. Adopts pods of an earlier kubelet, and leaves those of another.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingResize } from '../admission/resizes.ts';
import { type Pod, type PodIdentity, podFullName, podKey } from '../api/pod.ts';
import { isBeingDeleted } from '../api/pod-source-of.ts';
import type { OrphanFate } from '../garbage/orphan-fate.ts';
import { createLogger } from '../klog/klog.ts';
import type { PodRuntimeStatus, RuntimeContainer, SandboxView } from '../kubecontainer/runtime-status.ts';
import { type ObjectRef, objectKey } from '../objects/objects.ts';
import { refersToAny } from '../objects/refs.ts';
import type { PlegListener } from '../pleg/pleg.ts';
import type { ProbeKind } from '../prober/results.ts';
import type { Imposed } from './end/pod-end.ts';
import { PodWorker, type WorkerPorts } from './worker.ts';

const log = createLogger('workers.ts');

const stopPatienceMs = 1000;

/** The parameters of the workers. */
export interface WorkersPorts {
  worker: WorkerPorts;
  /** Pods of an earlier kubelet that were found at start. */
  found: readonly PodIdentity[];
  /** What happens to a pod with remains here that no source wants. */
  fateOf(uid: string): OrphanFate;
  /** The wanted pods that have to end because the kubelet has decided so. */
  imposed: ReadonlyMap<string, Imposed>;
  /** Why wanted pods have other resources than their manifests ask for. */
  pending?: ReadonlyMap<string, PendingResize>;
  /** Whether an earlier kubelet has begun to restart the pod. */
  isRestarting?(uid: string): boolean;
  /** Called when a pod gets a worker; `pod` is undefined for an orphan. */
  onAdded(pod: Pod | undefined): void;
  /** Called when a pod that the kubelet ends has stopped, and its volumes are gone. */
  onCleared?(uid: string): void;
  /** Called when a pod has ended and everything of it is removed. */
  onEnded(uid: string, wasOrphan: boolean): void;
}

/** The workers by UID. */
export class PodWorkers implements PlegListener {
  readonly #ports: WorkersPorts;
  readonly #found: ReadonlySet<string>;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that no source wants, until every source was read. */
  readonly #waiting = new Map<string, PodIdentity>();
  /** Pods that end because no source had them, and that a source has again. */
  readonly #back = new Set<string>();
  /** Pods of which nothing is left, until the API server has deleted them. */
  readonly #over = new Set<string>();
  #wanted: ReadonlyMap<string, Pod>;
  #imposed: ReadonlyMap<string, Imposed>;
  #pending: ReadonlyMap<string, PendingResize>;
  #stopped = false;

  /** Runs `wanted`, and ends every other pod that was found and whose fate that is. */
  constructor(wanted: ReadonlyMap<string, Pod>, ports: WorkersPorts) {
    this.#ports = ports;
    this.#wanted = wanted;
    this.#imposed = ports.imposed;
    this.#pending = ports.pending ?? new Map();
    this.#found = new Set(ports.found.map(({ uid }) => uid));
    for (const pod of ports.found) this.#adopt(pod);
    this.#reconcile();
  }

  /** Sets the desired pods, those of them that have to end, and why some have other resources than they ask for. */
  setPods(
    wanted: ReadonlyMap<string, Pod>,
    imposed: ReadonlyMap<string, Imposed> = new Map(),
    pending: ReadonlyMap<string, PendingResize> = new Map(),
  ): void {
    for (const [uid, worker] of this.#workers) {
      if (worker.terminating && wanted.has(uid) && !this.#wanted.has(uid)) this.#back.add(uid);
    }
    this.#wanted = wanted;
    this.#imposed = imposed;
    this.#pending = pending;
    for (const pod of [...this.#waiting.values()]) this.#adopt(pod);
    for (const uid of this.#over) if (!wanted.has(uid)) this.#over.delete(uid);
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

  /** Whether nothing is left of a pod that the API server is about to delete. */
  isOver(uid: string): boolean {
    return this.#over.has(uid);
  }

  /** Whether anything of the pod runs, or may run. */
  mayRun(uid: string): boolean {
    return this.#workers.get(uid)?.mayRun ?? false;
  }

  /** Whether a pod of this name (`namespace/name`) ends. */
  isEnding(key: string): boolean {
    return [...this.#workers.values()].some(
      ({ identity, terminating }) => terminating && `${identity.namespace}/${identity.name}` === key,
    );
  }

  /** Handles a status that others than this kubelet have changed on the API server. */
  onServed(uid: string): void {
    this.#workers.get(uid)?.served();
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

  /** Wakes pods for which something has happened to their volumes or devices; undefined: any may be concerned. */
  wake(uids: Iterable<string> | undefined): void {
    if (!uids) this.onAll();
    else for (const uid of uids) this.#workers.get(uid)?.wake();
  }

  /** Wakes the pods that refer to one of the objects, which have changed. */
  onObjects(changed: readonly ObjectRef[]): void {
    const keys = new Set(changed.map(objectKey));
    for (const worker of this.#workers.values()) {
      const pod = worker.pod();
      if (pod && refersToAny(pod, keys)) worker.wake();
    }
  }

  /** Ends a desired pod, which then starts again as a new one. */
  restart(uid: string): void {
    if (this.#wanted.has(uid)) this.#workers.get(uid)?.terminate();
  }

  /** Removes the containers and sandboxes of pods that have ended and are still wanted. */
  async discardEnded(): Promise<void> {
    for (const worker of this.#workers.values()) {
      if (!worker.isIdle || worker.runtimeStatus.containers.length === 0) continue;
      await this.#ports.worker.discard(worker.runtimeStatus);
      worker.wake();
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

  /** Ends a pod that is in the runtime or on disk and not desired, if that is its fate. */
  #adopt(pod: PodIdentity): void {
    this.#waiting.delete(pod.uid);
    if (this.#stopped || this.#wanted.has(pod.uid) || this.#workers.has(pod.uid)) return;
    const fate = this.#ports.fateOf(pod.uid);
    if (fate === 'wait') this.#waiting.set(pod.uid, pod);
    if (fate === 'end') this.#endOrphan(pod);
  }

  #endOrphan(pod: PodIdentity): void {
    this.#waiting.delete(pod.uid);
    log.info('Ending a pod that no source wants', { pod: `${pod.namespace}/${pod.name}`, podUID: pod.uid });
    this.#add(pod, undefined);
  }

  /** Deletes pods that are no longer desired, and starts workers for new pods. */
  #reconcile(): void {
    if (this.#stopped) return;
    for (const [uid, worker] of this.#workers) {
      const pod = this.#wanted.get(uid);
      if (!pod) worker.terminate();
      else if (isBeingDeleted(pod)) worker.terminate(pod);
    }
    for (const [uid, end] of this.#imposed) this.#workers.get(uid)?.end(end);
    for (const [uid, pod] of this.#wanted) {
      if (this.#over.has(uid)) continue;
      this.#replaceWaiting(pod);
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

  /** Ends the earlier version of a pod, which waits for its source: it is this one. */
  #replaceWaiting(pod: Pod): void {
    for (const earlier of [...this.#waiting.values()]) {
      const isSame = earlier.name === pod.metadata.name && earlier.namespace === pod.metadata.namespace;
      if (isSame && earlier.uid !== pod.metadata.uid) this.#endOrphan(earlier);
    }
  }

  #add(identity: PodIdentity, pod: Pod | undefined): void {
    const events = {
      onCleared: () => {
        this.#reconcile();
        this.#ports.onCleared?.(identity.uid);
      },
      isBack: () => this.#back.has(identity.uid),
      onDone: () => this.#done(identity, pod === undefined),
    };
    const pending = this.#pending.get(identity.uid);
    const worker = new PodWorker(identity, pod, this.#ports.worker, events, pending);
    this.#ports.onAdded(pod);
    const end = this.#imposed.get(identity.uid);
    if (end) worker.end(end);
    const isFound = this.#found.has(identity.uid);
    const isBack = this.#back.delete(identity.uid);
    if (pod && !isFound && !isBack) worker.startNew();
    this.#workers.set(identity.uid, worker);
    if (pod && isBeingDeleted(pod)) worker.terminate(pod);
    else if (pod && isFound && this.#ports.isRestarting?.(identity.uid)) worker.terminate();
    worker.wake();
  }

  /** Handles the removal of a pod: starts a waiting pod of the same name, or this one if it is desired again. */
  #done(identity: PodIdentity, wasOrphan: boolean): void {
    const { uid } = identity;
    this.#workers.delete(uid);
    const pod = this.#wanted.get(uid);
    // It was back, so that its containers are still there, and has gone again since.
    if (!pod && this.#back.delete(uid)) {
      this.#endOrphan(identity);
      return;
    }
    if (pod && isBeingDeleted(pod)) this.#over.add(uid);
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
