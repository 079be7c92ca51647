// One pod's worker: its rounds follow each other, never two at a time, and each begins with what the runtime
// says now. Whatever wakes the worker (an event, a timer, a new manifest) only says "look again".
import type { Pod, PodIdentity, PodStatus } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import {
  emptyRuntimeStatus,
  knowsView,
  type PodRuntimeStatus,
  type RuntimeContainer,
  runtimePodIps,
  type SandboxView,
} from '../kubecontainer/runtime-status.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import type { StatusManager } from '../status/manager.ts';
import { podStatus } from '../status/pod-status.ts';
import type { Waiting } from './effects/view.ts';
import { deadlineEnd, deadlineOf } from './end/deadline.ts';
import { type Deleted, deletedAt, type PodEnd } from './end/pod-end.ts';
import type { SyncResult, SyncState } from './sync-pod.ts';

const log = createLogger('worker.ts');

const firstRetryMs = 500;
const longestRetryMs = 20_000;
/** The longest delay that setTimeout takes. */
const longestTimerMs = 2 ** 31 - 1;

/** What a worker needs. */
export interface WorkerPorts {
  /** One round for a pod that goes on. */
  sync(pod: Pod, state: SyncState): Promise<SyncResult>;
  /** Ends a pod and removes all that is left of it. */
  terminate(
    pod: PodIdentity,
    graceSeconds: number,
    onStatus: (status: PodRuntimeStatus) => void,
  ): Promise<void>;
  /** The grace period of a pod whose manifest is gone. */
  recordedGracePeriod(uid: string): Promise<number>;
  statuses: Pick<StatusManager, 'set'>;
  /** What the runtime calls itself: the scheme of container ids. */
  runtimeName: string;
  options: Pick<KubeletOptions, 'nodeIps'>;
}

/** Runs a pod until it shall end, then ends it. */
export class PodWorker {
  readonly identity: PodIdentity;
  readonly #ports: WorkerPorts;
  readonly #onDone: () => void;
  readonly #abort = new AbortController();
  readonly #madeAt = Date.now();
  /** Undefined for an orphan: the runtime has it, but no source wants it. */
  #pod: Pod | undefined;
  /** Set once the pod was deleted: from then on the worker ends it. */
  #deleted: Deleted | undefined;
  #runtimeStatus: PodRuntimeStatus;
  #waiting: Waiting = new Map();
  #podIps: string[] = [];
  #status: PodStatus | undefined;
  #stopped = false;
  #awake = false;
  /** The newest event of each sandbox, by id, that no round has taken into account. */
  readonly #noticed = new Map<string, SandboxView>();
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failedRounds = 0;
  #isNew = false;

  /** `onDone` is called when the pod has ended and nothing of it is left. */
  constructor(identity: PodIdentity, pod: Pod | undefined, ports: WorkerPorts, onDone: () => void) {
    const { name, namespace, uid } = identity;
    this.identity = { name, namespace, uid };
    this.#pod = pod;
    this.#ports = ports;
    this.#onDone = onDone;
    this.#runtimeStatus = emptyRuntimeStatus(this.identity);
    if (pod) this.#observe(this.#runtimeStatus);
    else this.#deleted = deletedAt(new Date());
  }

  /** Says that the runtime has nothing of the pod: the first round begins without asking. */
  startNew(): void {
    this.#isNew = true;
  }

  /** True from the moment when the pod shall end. */
  get terminating(): boolean {
    return this.#deleted !== undefined && !this.#stopped;
  }

  /** The pod as it is wanted, marked as deleted once it ends; undefined for an orphan. */
  pod(): Pod | undefined {
    const pod = this.#pod;
    if (!pod || !this.#deleted) return pod;
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: this.#deleted.at,
      deletionGracePeriodSeconds: pod.spec.terminationGracePeriodSeconds,
    };
    return { ...pod, metadata };
  }

  /** The containers that ran when the worker last looked. */
  runningContainers(): RuntimeContainer[] {
    return this.#runtimeStatus.containers.filter(({ state }) => state === 'running');
  }

  /** Takes another version of the same pod: same UID, other contents. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.wake();
  }

  /** The pod shall end: the round that goes on stops at its next step. */
  terminate(): void {
    if (this.#stopped || this.#deleted) return;
    this.#deleted = deletedAt(new Date());
    this.#failedRounds = 0;
    this.#abort.abort(new Error('the pod shall end'));
    this.wake();
  }

  /** Takes an event about a sandbox; wakes the worker unless it shows what the last round has left. */
  notice(view: SandboxView): void {
    this.#noticed.set(view.id, view);
    if (this.#round === undefined && this.#missedSomething()) this.wake();
  }

  /** Has the worker look at its pod again, now or right after the round that goes on. */
  wake(): void {
    if (this.#stopped) return;
    this.#awake = true;
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined;
      // Woken after the last round had begun to end.
      if (this.#awake) this.wake();
    });
  }

  /** Leaves the pod as it is. Resolves when the current round has stopped at its next step. */
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
        if (this.#deleted) return await this.#end();
        await this.#sync();
        if (this.#missedSomething()) this.#awake = true;
      } catch (error) {
        const pod = `${this.identity.namespace}/${this.identity.name}`;
        log.error('Error syncing pod, will try again', { err: error, pod, podUID: this.identity.uid });
        this.#retryLater();
      }
    }
  }

  /** Whether an event since the last call shows something that the status does not. */
  #missedSomething(): boolean {
    const views = [...this.#noticed.values()];
    this.#noticed.clear();
    return views.some((view) => !knowsView(this.#runtimeStatus, view));
  }

  async #sync(): Promise<void> {
    const pod = this.#pod;
    if (!pod) return;
    const isNew = this.#isNew;
    this.#isNew = false;
    const { status, nextAt, look } = await this.#ports.sync(pod, {
      waiting: this.#waiting,
      end: this.#deadlineEnd(pod),
      isNew,
      signal: this.#abort.signal,
      onView: (runtime, waiting) => {
        this.#waiting = waiting;
        this.#observe(runtime);
      },
    });
    this.#observe(status);
    if (look === 'after a pause') return this.#retryLater();
    if (look === 'at once') this.#awake = true;
    this.#failedRounds = 0;
    const deadline = this.#deadlineEnd(pod) ? undefined : deadlineOf(pod, this.#startedAt());
    const next = Math.min(...[nextAt, deadline].filter((time) => time !== undefined));
    if (Number.isFinite(next)) this.#wakeIn(next - Date.now());
  }

  async #end(): Promise<void> {
    const grace =
      this.#pod?.spec.terminationGracePeriodSeconds ??
      (await this.#ports.recordedGracePeriod(this.identity.uid));
    await this.#ports.terminate(this.identity, grace, (seen) => this.#observe(seen));
    this.#stopped = true;
    log.info('Pod has ended and nothing is left of it', {
      pod: `${this.identity.namespace}/${this.identity.name}`,
      podUID: this.identity.uid,
    });
    this.#onDone();
  }

  #retryLater(): void {
    this.#wakeIn(Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failedRounds));
    this.#failedRounds += 1;
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(0, ms), longestTimerMs));
  }

  /** Keeps what was seen, and the status that follows from it. */
  #observe(seen: PodRuntimeStatus): void {
    this.#runtimeStatus = seen;
    const pod = this.#pod;
    if (!pod) return;
    const { options, runtimeName, statuses } = this.#ports;
    const ips = runtimePodIps(seen);
    // A pod that has ended keeps the address that it had.
    if (ips.length > 0) this.#podIps = ips;
    if (pod.spec.hostNetwork && seen.sandboxes.length > 0) this.#podIps = options.nodeIps;
    const context = {
      runtimeName,
      failures: this.#waiting,
      hostIps: options.nodeIps,
      podIps: this.#podIps,
      now: Date.now(),
      startedAt: this.#startedAt(),
      end: this.#deadlineEnd(pod) ?? this.#deleted,
    };
    this.#status = podStatus(pod, seen, context, this.#status);
    statuses.set(pod.metadata.uid, this.#status);
  }

  /** When the pod began on this node: with its oldest sandbox, when that was before this kubelet. */
  #startedAt(): number {
    const sandboxes = this.#runtimeStatus.sandboxes.map(({ createdAt }) => Number(createdAt / 1_000_000n));
    return Math.min(this.#madeAt, ...sandboxes);
  }

  #deadlineEnd(pod: Pod): PodEnd | undefined {
    return deadlineEnd(pod, this.#startedAt(), this.#status, Date.now());
  }
}
