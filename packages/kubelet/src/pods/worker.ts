// The worker of one pod. Runs rounds sequentially; each round first reads the runtime's state. An event, a timer or a
// new manifest only wakes the worker for another round.
import { isDeepStrictEqual } from 'node:util';
import { maxTimerMs } from '@berth/common/max-timer.ts';
import type { PendingResize } from '../admission/resizes.ts';
import { resourcesOf } from '../api/allocated-resources.ts';
import type { Pod, PodIdentity, PodStatus } from '../api/pod.ts';
import { type ActuatedSizes, sizesOf, unknownSizes } from '../cgroups/sizes.ts';
import { createLogger } from '../klog/klog.ts';
import {
  emptyRuntimeStatus,
  highestRestartCounts,
  isAlive,
  knowsView,
  type PodRuntimeStatus,
  type RuntimeContainer,
  runtimePodIps,
  type SandboxView,
} from '../kubecontainer/runtime-status.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import type { PodRecord } from '../podfiles/pod-record.ts';
import type { Prober } from '../prober/manager.ts';
import type { ProbeKind } from '../prober/results.ts';
import type { StatusManager } from '../status/manager.ts';
import { podStatus } from '../status/pod-status.ts';
import { isResizing } from './actions/resize.ts';
import type { ResizeState, Waiting } from './effects/view.ts';
import { deadlineEnd, deadlineOf } from './end/deadline.ts';
import { type Deleted, deletedAt, finishedEnd, type PodEnd, type Preempted } from './end/pod-end.ts';
import type { SyncResult, SyncState } from './sync-pod.ts';
import type { EndingPod } from './terminate-pod.ts';

const log = createLogger('worker.ts');

const firstRetryMs = 500;
const longestRetryMs = 20_000;

/** The parameters of a worker. */
export interface WorkerPorts {
  /** Runs one round for a pod that continues. */
  sync(pod: Pod, state: SyncState): Promise<SyncResult>;
  /** Ends a pod and removes everything of it. */
  terminate(ending: EndingPod, onStatus: (status: PodRuntimeStatus) => void): Promise<void>;
  /** The grace period of a pod whose manifest is gone. */
  recordedGracePeriod(uid: string): Promise<number>;
  statuses: Pick<StatusManager, 'set'>;
  prober: Pick<Prober, 'observe' | 'nudge' | 'terminating' | 'forget' | 'result'>;
  /** What is remembered of pods across restarts of the kubelet. */
  records: { load(uid: string): PodRecord | undefined; save(uid: string, record: PodRecord): void };
  /** The runtime's name, which is the scheme of container ids. */
  runtimeName: string;
  /** Whether the runtime can make mounts below a read-only mount read-only. */
  canMountRecursivelyReadOnly: boolean;
  options: Pick<KubeletOptions, 'nodeIps'>;
}

/** What a worker tells its owner. */
export interface WorkerEvents {
  /** A preempted pod has been stopped. */
  onCleared(): void;
  /** The pod has ended and everything of it is removed. */
  onDone(): void;
}

/** Runs a pod until it is deleted, then ends it. */
export class PodWorker {
  readonly identity: PodIdentity;
  readonly #ports: WorkerPorts;
  readonly #events: WorkerEvents;
  #abort = new AbortController();
  readonly #madeAt = Date.now();
  /** When an earlier kubelet started the pod. */
  #recordedStart = Number.POSITIVE_INFINITY;
  /** Undefined for an orphan: it is in the runtime, but in no source. */
  #pod: Pod | undefined;
  /** Set when the pod is deleted: the worker then ends it. */
  #deleted: Deleted | undefined;
  /** Set when the pod has to end for another one. */
  #preempted: Preempted | undefined;
  /** The end by which the current round acts, and which the status shows. */
  #currentEnd: PodEnd | undefined;
  #runtimeStatus: PodRuntimeStatus;
  #waiting: Waiting = new Map();
  #resize: ResizeState;
  /** Why a change of the pod's resources is not admitted. */
  #pending: PendingResize | undefined;
  #podIps: string[] = [];
  #status: PodStatus | undefined;
  #restartCounts: ReadonlyMap<string, number> = new Map();
  /** The record that was saved last. */
  #saved: PodRecord | undefined;
  #stopped = false;
  #awake = false;
  /** The newest event of each sandbox, by id, that no round has processed. */
  readonly #noticed = new Map<string, SandboxView>();
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failedRounds = 0;
  /** Whether a preempted pod has been stopped. */
  #isCleared = false;
  #isNew = false;

  constructor(
    identity: PodIdentity,
    pod: Pod | undefined,
    ports: WorkerPorts,
    events: WorkerEvents,
    pending?: PendingResize,
  ) {
    const { name, namespace, uid } = identity;
    this.identity = { name, namespace, uid };
    this.#pod = pod;
    this.#ports = ports;
    this.#events = events;
    this.#pending = pending;
    this.#runtimeStatus = emptyRuntimeStatus(this.identity);
    const record = pod && ports.records.load(uid);
    this.#resize = { actuated: initialSizes(pod, record), error: undefined };
    if (record) this.#remember(record);
    else if (pod) this.#observe(this.#runtimeStatus);
    else this.#deleted = deletedAt(new Date());
  }

  /** Marks the pod as new: the runtime has nothing of it, so the first round does not read its state. */
  startNew(): void {
    this.#isNew = true;
  }

  /** Whether the pod must end. */
  get terminating(): boolean {
    return this.#deleted !== undefined && !this.#stopped;
  }

  /** The desired pod, with a deletionTimestamp while it terminates; undefined for an orphan. */
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

  /** The runtime's state of the pod in the last round. */
  get runtimeStatus(): PodRuntimeStatus {
    return this.#runtimeStatus;
  }

  /** The containers that were running in the last round. */
  runningContainers(): RuntimeContainer[] {
    return this.#runtimeStatus.containers.filter(({ state }) => state === 'running');
  }

  /** Why a change of the pod's resources is not admitted; undefined: none is waiting. */
  get pending(): PendingResize | undefined {
    return this.#pending;
  }

  /** Sets a new version of the pod with the same UID, and why it does not have the resources of its manifest. */
  update(pod: Pod, pending?: PendingResize): void {
    this.#pod = pod;
    this.#pending = pending;
    this.#observe(this.#runtimeStatus);
    this.wake();
  }

  /** Deletes the pod: the current round stops at its next step. */
  terminate(): void {
    if (this.#stopped || this.#deleted) return;
    this.#deleted = deletedAt(new Date());
    this.#failedRounds = 0;
    this.#abort.abort(new Error('the pod shall end'));
    this.wake();
  }

  /** Shows a probe's new result. Those of startup and liveness probes ask for steps. */
  probed(kind: ProbeKind): void {
    if (this.#stopped) return;
    this.#observe(this.#runtimeStatus);
    // The next kubelet shows it until it has looked for itself.
    this.#save();
    if (kind !== 'readiness') this.wake();
  }

  /** Ends the pod for another one: stops it, and shows it as failed. The current round stops at its next step. */
  end(end: Preempted): void {
    if (this.#preempted) return;
    this.#preempted = end;
    this.#currentEnd = end;
    this.#failedRounds = 0;
    this.#abort.abort(new Error('the pod shall end'));
    this.#abort = new AbortController();
    if (this.#pod) this.#observe(this.#runtimeStatus);
    this.wake();
  }

  /** The UID of the pod that waits until this one has been stopped; undefined: none does. */
  get clears(): string | undefined {
    return this.#isCleared ? undefined : this.#preempted?.preemptor;
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

  /** Whether an event since the last call contains something that the status does not. */
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
    this.#currentEnd = this.#ownEnd(pod);
    const { status, nextAt, look } = await this.#ports.sync(pod, {
      waiting: this.#waiting,
      restartCounts: this.#restartCounts,
      resize: this.#resize,
      end: this.#currentEnd,
      isNew,
      signal: this.#abort.signal,
      onView: ({ runtime, waiting, resize }) => {
        this.#waiting = waiting;
        this.#resize = resize;
        this.#observe(runtime);
      },
    });
    this.#observe(status);
    this.#save();
    this.#ports.prober.nudge(this.identity.uid);
    this.#clear();
    if (look === 'after a pause') return this.#retryLater();
    if (look === 'at once') this.#awake = true;
    this.#failedRounds = 0;
    const deadline = this.#currentEnd ? undefined : deadlineOf(pod, this.#startedAt());
    const next = Math.min(...[nextAt, deadline].filter((time) => time !== undefined));
    if (Number.isFinite(next)) this.#wakeIn(next - Date.now());
  }

  /** Starts from what an earlier kubelet saw, until the first round has read the runtime's state. */
  #remember(record: PodRecord): void {
    const { status, restartCounts } = record;
    this.#status = status;
    this.#saved = record;
    this.#restartCounts = restartCounts;
    const start = Date.parse(status.startTime ?? '');
    if (Number.isFinite(start)) this.#recordedStart = start;
    this.#podIps = (status.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
    this.#ports.statuses.set(this.identity.uid, status);
  }

  /** Saves the status for the next kubelet, once there is something to remember. */
  #save(): void {
    const [status, pod] = [this.#status, this.#pod];
    if (!status || !pod || this.#restartCounts.size === 0) return;
    const record: PodRecord = {
      status,
      restartCounts: this.#restartCounts,
      allocated: resourcesOf(pod),
      actuated: this.#resize.actuated,
    };
    if (isDeepStrictEqual(record, this.#saved)) return;
    this.#ports.records.save(this.identity.uid, record);
    this.#saved = record;
  }

  async #end(): Promise<void> {
    const graceSeconds =
      this.#pod?.spec.terminationGracePeriodSeconds ??
      (await this.#ports.recordedGracePeriod(this.identity.uid));
    const ending = { identity: this.identity, pod: this.#pod, graceSeconds };
    await this.#ports.terminate(ending, (seen) => this.#observe(seen));
    this.#stopped = true;
    this.#ports.prober.forget(this.identity.uid);
    log.info('Pod has ended and nothing is left of it', {
      pod: `${this.identity.namespace}/${this.identity.name}`,
      podUID: this.identity.uid,
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

  /** Stores the runtime's state, and the status computed from it. */
  #observe(seen: PodRuntimeStatus): void {
    this.#runtimeStatus = seen;
    const pod = this.#pod;
    if (!pod) return;
    this.#restartCounts = highestRestartCounts(seen, this.#restartCounts);
    const { options, prober, runtimeName, canMountRecursivelyReadOnly, statuses } = this.#ports;
    const ips = runtimePodIps(seen);
    // A pod that has ended keeps its last address.
    if (ips.length > 0) this.#podIps = ips;
    if (pod.spec.hostNetwork && seen.sandboxes.length > 0) this.#podIps = options.nodeIps;
    const end = this.#currentEnd ?? this.#deleted;
    prober.observe(pod, seen, this.#podIps[0]);
    if (end) prober.terminating(pod.metadata.uid);
    const context = {
      runtimeName,
      probes: prober,
      canMountRecursivelyReadOnly,
      failures: this.#waiting,
      hostIps: options.nodeIps,
      podIps: this.#podIps,
      now: Date.now(),
      startedAt: this.#startedAt(),
      end,
      resize: {
        pending: this.#pending,
        isInProgress: isResizing(pod, seen, this.#resize.actuated),
        error: this.#resize.error,
      },
    };
    this.#status = podStatus(pod, seen, context, this.#status);
    statuses.set(pod.metadata.uid, this.#status);
  }

  /** Start time of the pod on this node: an earlier kubelet may have started it. */
  #startedAt(): number {
    const sandboxes = this.#runtimeStatus.sandboxes.map(({ createdAt }) => Number(createdAt / 1_000_000n));
    return Math.min(this.#madeAt, this.#recordedStart, ...sandboxes);
  }

  /** The end of the pod by itself, not by its deletion. */
  #ownEnd(pod: Pod): PodEnd | undefined {
    return this.#endOf(pod) ?? finishedEnd(this.#status);
  }

  /** Tells when a preempted pod has nothing left that runs. */
  #clear(): void {
    if (!this.#preempted || this.#isCleared || isAlive(this.#runtimeStatus)) return;
    this.#isCleared = true;
    this.#events.onCleared();
  }

  #endOf(pod: Pod): PodEnd | undefined {
    if (this.#preempted) return this.#preempted;
    return deadlineEnd(pod, this.#startedAt(), this.#status, Date.now());
  }
}

/** The sizes that an earlier kubelet gave to the pod; of a container that it did not start, those that it asks for. */
function initialSizes(pod: Pod | undefined, record: PodRecord | undefined): ActuatedSizes {
  if (!pod) return { pod: unknownSizes, containers: new Map() };
  const asked = sizesOf(pod);
  const known = record?.actuated;
  return known ? { pod: known.pod, containers: new Map([...asked.containers, ...known.containers]) } : asked;
}
