// The worker of one pod. Runs rounds sequentially; each round first reads the runtime's state. An event, a timer or a
// new manifest only wakes the worker for another round. What it knows of the pod is in pod-memory.ts.
import { maxTimerMs } from '@berth/common/max-timer.ts';
import type { PendingResize } from '../admission/resizes.ts';
import type { Pod, PodIdentity } from '../api/pod.ts';
import { isBeingDeleted } from '../api/pod-source-of.ts';
import { createLogger } from '../klog/klog.ts';
import {
  isAlive,
  knowsView,
  type PodRuntimeStatus,
  type RuntimeContainer,
  type SandboxView,
} from '../kubecontainer/runtime-status.ts';
import type { Prober } from '../prober/manager.ts';
import type { ProbeKind } from '../prober/results.ts';
import type { Imposed } from './end/pod-end.ts';
import { type MemoryPorts, PodMemory } from './pod-memory.ts';
import type { SyncResult, SyncState } from './sync-pod.ts';
import type { EndingPod, OnEndingStatus } from './terminate-pod.ts';

const log = createLogger('worker.ts');

const firstRetryMs = 500;
const longestRetryMs = 20_000;

/** The parameters of a worker. */
export interface WorkerPorts extends MemoryPorts {
  /** Runs one round for a pod that continues. */
  sync(pod: Pod, state: SyncState): Promise<SyncResult>;
  /** Removes the containers and sandboxes of a pod that has ended, and keeps everything else of it. */
  discard(status: PodRuntimeStatus): Promise<void>;
  /** Ends a pod and removes everything of it. */
  terminate(ending: EndingPod, onStatus: OnEndingStatus): Promise<void>;
  /** The grace period of a pod whose manifest is gone. */
  recordedGracePeriod(uid: string): Promise<number>;
  prober: MemoryPorts['prober'] & Pick<Prober, 'nudge' | 'forget'>;
}

/** What a worker tells its owner. */
export interface WorkerEvents {
  /** A pod that the kubelet ends has been stopped. */
  onCleared(): void;
  /** Whether a source has the deleted pod again, with the same UID. */
  isBack(): boolean;
  /** The pod has ended and everything of it is removed. */
  onDone(): void;
}

/** Runs a pod until it is deleted, then ends it. */
export class PodWorker {
  readonly #ports: WorkerPorts;
  readonly #events: WorkerEvents;
  readonly #memory: PodMemory;
  #abort = new AbortController();
  #stopped = false;
  #awake = false;
  /** The newest event of each sandbox, by id, that no round has processed. */
  readonly #noticed = new Map<string, SandboxView>();
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failedRounds = 0;
  /** Whether the pod was stopped after the kubelet had decided so. */
  #isCleared = false;
  #isNew = false;

  constructor(
    identity: PodIdentity,
    pod: Pod | undefined,
    ports: WorkerPorts,
    events: WorkerEvents,
    pending?: PendingResize,
  ) {
    this.#ports = ports;
    this.#events = events;
    this.#memory = new PodMemory(identity, pod, ports, pending);
  }

  /** The pod's name, namespace and UID. */
  get identity(): PodIdentity {
    return this.#memory.identity;
  }

  /** Marks the pod as new: the runtime has nothing of it, so the first round does not read its state. */
  startNew(): void {
    this.#isNew = true;
  }

  /** Whether the pod must end. */
  get terminating(): boolean {
    return this.#memory.isDeleted && !this.#stopped;
  }

  /** The desired pod, with a deletionTimestamp while it terminates; undefined for an orphan. */
  pod(): Pod | undefined {
    return this.#memory.shownPod();
  }

  /** The runtime's state of the pod in the last round. */
  get runtimeStatus(): PodRuntimeStatus {
    return this.#memory.runtimeStatus;
  }

  /** Whether anything of the pod runs, or may run. */
  get mayRun(): boolean {
    return this.#memory.mayRun;
  }

  /** Whether the pod has ended and is still wanted: its containers are only there to be looked at. */
  get isIdle(): boolean {
    return this.#memory.hasEnded && !this.#memory.isDeleted && !this.mayRun;
  }

  /** The containers that were running in the last round. */
  runningContainers(): RuntimeContainer[] {
    return this.runtimeStatus.containers.filter(({ state }) => state === 'running');
  }

  /** Why a change of the pod's resources is not admitted; undefined: none is waiting. */
  get pending(): PendingResize | undefined {
    return this.#memory.pending;
  }

  /** Sets a new version of the pod with the same UID, and why it does not have the resources of its manifest. */
  update(pod: Pod, pending?: PendingResize): void {
    this.#memory.setPod(pod, pending);
    this.wake();
  }

  /**
   * Deletes the pod: the current round stops at its next step.
   *
   * @param deleted the pod as the API server deletes it, with its grace period; undefined: no source has it any more
   */
  terminate(deleted?: Pod): void {
    if (this.#stopped || this.#memory.isDeleted) return;
    this.#memory.delete(deleted);
    this.#failedRounds = 0;
    this.#abort.abort(new Error('the pod shall end'));
    this.wake();
  }

  /** Others have changed the status that the API server has: shows it, and ends a pod that they have ended. */
  served(): void {
    if (this.#stopped) return;
    this.#memory.refresh();
    this.wake();
  }

  /** Shows a probe's new result. Those of startup and liveness probes ask for steps. */
  probed(kind: ProbeKind): void {
    if (this.#stopped) return;
    this.#memory.refresh();
    // The next kubelet shows it until it has looked for itself.
    this.#memory.save();
    if (kind !== 'readiness') this.wake();
  }

  /** Ends the pod as the kubelet decided: stops it, and shows it as failed. The current round stops at its next step. */
  end(end: Imposed): void {
    if (this.#memory.imposed) return;
    this.#failedRounds = 0;
    this.#abort.abort(new Error('the pod shall end'));
    this.#abort = new AbortController();
    this.#memory.impose(end);
    this.wake();
  }

  /** The UID of the pod that waits until this one has been stopped; undefined: none does. */
  get clears(): string | undefined {
    const { imposed } = this.#memory;
    return imposed?.by === 'preempted' && !this.#isCleared ? imposed.preemptor : undefined;
  }

  /** Stores an event about a sandbox; wakes the worker unless the status already contains it. */
  notice(view: SandboxView): void {
    this.#noticed.set(view.id, view);
    if (this.#round === undefined && this.#missedSomething()) this.wake();
  }

  /** Starts another round, now or after the current one. */
  wake(): void {
    if (this.#stopped) return;
    this.#awake = true;
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined;
      // Woken after the last round had begun to end.
      if (this.#awake) this.wake();
    });
  }

  /** Stops the worker; the pod keeps running. Resolves when the current round has stopped at its next step. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#abort.abort(new Error('the kubelet stops'));
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #rounds(): Promise<void> {
    while (this.#awake && !this.#stopped) {
      this.#awake = false;
      clearTimeout(this.#timer);
      try {
        if (this.#memory.isDeleted) return await this.#end();
        await this.#sync();
        if (this.#missedSomething()) this.#awake = true;
      } catch (error) {
        const pod = `${this.identity.namespace}/${this.identity.name}`;
        log.error('Error syncing pod, will try again', { err: error, pod, podUID: this.identity.uid });
        this.#retryLater();
      }
    }
  }

  /** Whether an event since the last call contains something that the status does not. */
  #missedSomething(): boolean {
    const views = [...this.#noticed.values()];
    this.#noticed.clear();
    return views.some((view) => !knowsView(this.runtimeStatus, view));
  }

  async #sync(): Promise<void> {
    const memory = this.#memory;
    const { pod } = memory;
    if (!pod) return;
    const isNew = this.#isNew;
    this.#isNew = false;
    const { status, nextAt, look } = await this.#ports.sync(pod, {
      ...memory.beginRound(pod),
      isNew,
      signal: this.#abort.signal,
      onView: (view) => memory.observeView(view),
    });
    memory.observe(status);
    memory.save();
    this.#ports.prober.nudge(this.identity.uid);
    this.#clear();
    if (look === 'after a pause') return this.#retryLater();
    if (look === 'at once' || memory.hasJustFinished) this.#awake = true;
    this.#failedRounds = 0;
    const next = Math.min(...[nextAt, memory.deadline(pod)].filter((time) => time !== undefined));
    if (Number.isFinite(next)) this.#wakeIn(next - Date.now());
  }

  async #end(): Promise<void> {
    const { identity, pod } = this.#memory;
    const graceSeconds = (pod && deletionGrace(pod)) ?? (await this.#ports.recordedGracePeriod(identity.uid));
    const isBack = (): boolean => this.#events.isBack();
    await this.#ports.terminate({ identity, pod, graceSeconds, isBack }, (seen, isOver) => {
      this.#memory.observe(seen, isOver);
    });
    this.#memory.end();
    this.#stopped = true;
    this.#ports.prober.forget(identity.uid);
    log.info('Pod has ended and nothing is left of it', {
      pod: `${identity.namespace}/${identity.name}`,
      podUID: identity.uid,
    });
    this.#events.onDone();
  }

  #retryLater(): void {
    this.#wakeIn(Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failedRounds));
    this.#failedRounds += 1;
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(0, ms), maxTimerMs));
  }

  /** Tells when a pod that the kubelet ends has nothing left that runs. */
  #clear(): void {
    if (!this.#memory.imposed || this.#isCleared || isAlive(this.runtimeStatus)) return;
    this.#isCleared = true;
    this.#events.onCleared();
  }
}

/** How long the containers of a deleted pod have to end. */
function deletionGrace(pod: Pod): number {
  const asked = isBeingDeleted(pod) ? pod.metadata.deletionGracePeriodSeconds : undefined;
  return asked ?? pod.spec.terminationGracePeriodSeconds;
}
