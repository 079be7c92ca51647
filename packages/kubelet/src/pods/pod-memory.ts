// What the worker of a pod knows of it: the runtime's state, the status that is computed from it, why the pod ends, and
// the record of all that for the next kubelet. It decides nothing; the loop of worker.ts does.
import { isDeepStrictEqual } from 'node:util';
import type { PendingResize } from '../admission/resizes.ts';
import { resourcesOf } from '../api/allocated-resources.ts';
import type { AllocatedResourceStatus, Container, Pod, PodIdentity, PodStatus } from '../api/pod.ts';
import { isBeingDeleted, isFromApi, isStatic } from '../api/pod-source-of.ts';
import { type ActuatedSizes, sizesOf, unknownSizes } from '../cgroups/sizes.ts';
import {
  emptyRuntimeStatus,
  highestRestartCounts,
  isAlive,
  type PodRuntimeStatus,
  runtimePodIps,
} from '../kubecontainer/runtime-status.ts';
import type { RuntimeHandlers } from '../kuberuntime/runtime-handlers.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import type { PodRecord } from '../podfiles/pod-record.ts';
import type { Prober } from '../prober/manager.ts';
import { finalStatus } from '../status/final-status.ts';
import type { StatusManager } from '../status/manager.ts';
import { podStatus } from '../status/pod-status.ts';
import { isResizing } from './actions/resize.ts';
import type { PodView, ResizeState, Waiting } from './effects/view.ts';
import { deadlineEnd, deadlineOf } from './end/deadline.ts';
import {
  type Deleted,
  deletedAt,
  endedByShutdown,
  finishedEnd,
  type Imposed,
  type PodEnd,
} from './end/pod-end.ts';

/** The parameters of a memory. */
export interface MemoryPorts {
  statuses: Pick<StatusManager, 'set'>;
  /** The status that the API server has of the pod; undefined without such. */
  served?(uid: string): PodStatus | undefined;
  /** The health of the devices that a container has. */
  deviceHealth?(pod: Pod, container: Container): AllocatedResourceStatus[];
  prober: Pick<Prober, 'observe' | 'terminating' | 'result'>;
  /** What is remembered of pods across restarts of the kubelet. */
  records: { load(uid: string): PodRecord | undefined; save(uid: string, record: PodRecord): void };
  /** The runtime's name, which is the scheme of container ids. */
  runtimeName: string;
  handlers: Pick<RuntimeHandlers, 'canMountRecursivelyReadOnly'>;
  options: Pick<KubeletOptions, 'nodeIps'>;
}

/** What is known of one pod. */
export class PodMemory {
  readonly identity: PodIdentity;
  readonly #ports: MemoryPorts;
  readonly #madeAt = Date.now();
  /** When an earlier kubelet started the pod. */
  #recordedStart = Number.POSITIVE_INFINITY;
  #pod: Pod | undefined;
  #pending: PendingResize | undefined;
  #deleted: Deleted | undefined;
  #imposed: Imposed | undefined;
  /** The end by which the current round acts, and which the status shows. */
  #currentEnd: PodEnd | undefined;
  #runtimeStatus: PodRuntimeStatus;
  /** False while the status is an earlier kubelet's: the runtime's state has not been read yet. */
  #isObserved = false;
  #waiting: Waiting = new Map();
  #resize: ResizeState;
  #podIps: string[] = [];
  #status: PodStatus | undefined;
  #restartCounts: ReadonlyMap<string, number> = new Map();
  /** The record that was saved last. */
  #saved: PodRecord | undefined;

  /** Starts from what an earlier kubelet has recorded. A pod that is undefined, an orphan, counts as deleted. */
  constructor(
    { name, namespace, uid }: PodIdentity,
    pod: Pod | undefined,
    ports: MemoryPorts,
    pending?: PendingResize,
  ) {
    this.identity = { name, namespace, uid };
    this.#pod = pod;
    this.#ports = ports;
    this.#pending = pending;
    this.#runtimeStatus = emptyRuntimeStatus(this.identity);
    const recorded = pod && ports.records.load(uid);
    // A static pod that ended with its node starts again with it.
    const record =
      pod && recorded && isStatic(pod) && endedByShutdown(recorded.status) ? undefined : recorded;
    this.#resize = { actuated: initialSizes(pod, record), error: undefined };
    if (record) this.#remember(record);
    else if (pod) this.#begin(ports.served?.(uid));
    else this.#deleted = deletedAt(new Date());
  }

  /** The desired pod; undefined for an orphan: it is in the runtime, but in no source. */
  get pod(): Pod | undefined {
    return this.#pod;
  }

  /** The desired pod, with a deletionTimestamp once it is deleted. */
  shownPod(): Pod | undefined {
    const pod = this.#pod;
    if (!pod || !this.#deleted || isBeingDeleted(pod)) return pod;
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: this.#deleted.at,
      deletionGracePeriodSeconds: pod.spec.terminationGracePeriodSeconds,
    };
    return { ...pod, metadata };
  }

  /** Why a change of the pod's resources is not admitted; undefined: none is waiting. */
  get pending(): PendingResize | undefined {
    return this.#pending;
  }

  /** Sets a new version of the pod with the same UID, and why it does not have the resources of its manifest. */
  setPod(pod: Pod, pending: PendingResize | undefined): void {
    this.#pod = pod;
    this.#pending = pending;
    this.refresh();
    // Before its cgroups are changed: the next kubelet goes on with the resources that were granted.
    this.save();
  }

  /** Whether the pod is deleted: its worker then ends it. */
  get isDeleted(): boolean {
    return this.#deleted !== undefined;
  }

  /** Notes that the pod is deleted now, or `deleted` by the API server. */
  delete(deleted?: Pod): void {
    this.#deleted = deletedAt(new Date());
    if (!deleted) return;
    this.#pod = deleted;
    // A pod that had finished keeps its phase.
    this.#currentEnd ??= finishedEnd(this.#status) ?? finishedEnd(this.#ports.served?.(this.identity.uid));
  }

  /** Notes that nothing is left of the pod. The API server deletes only pods that have ended. */
  end(): void {
    const [status, pod] = [this.#status, this.#pod];
    if (!status || !pod || !isFromApi(pod)) return;
    this.#status = finalStatus(pod, status);
    this.#ports.statuses.set(pod.metadata.uid, this.#status);
  }

  /** Set when the kubelet has decided that the pod ends. */
  get imposed(): Imposed | undefined {
    return this.#imposed;
  }

  /** Notes that the pod has to end, and shows it so. */
  impose(end: Imposed): void {
    this.#imposed = end;
    this.#currentEnd = end;
    this.refresh();
  }

  /** Whether the pod's phase is final, or is going to be when its containers have stopped. */
  get hasEnded(): boolean {
    return this.#currentEnd !== undefined;
  }

  /** Whether the pod has finished within this round: the next one gives back what it has. */
  get hasJustFinished(): boolean {
    return this.#currentEnd === undefined && finishedEnd(this.#status) !== undefined;
  }

  /** The runtime's state of the pod that was observed last. */
  get runtimeStatus(): PodRuntimeStatus {
    return this.#runtimeStatus;
  }

  /** Whether anything of the pod runs, or may run. */
  get mayRun(): boolean {
    return !this.#isObserved || isAlive(this.#runtimeStatus);
  }

  /** The input of a round that begins now: the round acts by this end until the next one begins. */
  beginRound(pod: Pod): Pick<PodView, 'waiting' | 'restartCounts' | 'resize'> & { end: PodEnd | undefined } {
    this.#currentEnd = this.#ownEnd(pod);
    return {
      waiting: this.#waiting,
      restartCounts: this.#restartCounts,
      resize: this.#resize,
      end: this.#currentEnd,
    };
  }

  /** The time of the pod's deadline, unless it has ended; undefined: none. */
  deadline(pod: Pod): number | undefined {
    return this.#currentEnd ? undefined : deadlineOf(pod, this.#startedAt());
  }

  /** Stores the view of a round after one of its steps. */
  observeView({ runtime, waiting, resize }: Pick<PodView, 'runtime' | 'waiting' | 'resize'>): void {
    const isResized = resize.actuated !== this.#resize.actuated;
    const isSameRuntime = runtime === this.#runtimeStatus;
    this.#waiting = waiting;
    this.#resize = resize;
    // The new sizes are in the runtime's state once that is read again: a status without a resize has to show them.
    if (!isResized || !isSameRuntime || resize.error !== undefined) this.observe(runtime);
    if (isResized) this.save();
  }

  /** Computes the status again, after something else than the runtime's state has changed. */
  refresh(): void {
    if (this.#isObserved) this.observe(this.#runtimeStatus);
  }

  /** Stores the runtime's state, and the status computed from it. `isOver`: all containers have stopped for good. */
  observe(seen: PodRuntimeStatus, isOver = false): void {
    this.#runtimeStatus = seen;
    this.#isObserved = true;
    const pod = this.#pod;
    if (!pod) return;
    this.#restartCounts = highestRestartCounts(seen, this.#restartCounts);
    const { options, prober, runtimeName, handlers, statuses } = this.#ports;
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
      canMountRecursivelyReadOnly: handlers.canMountRecursivelyReadOnly(pod),
      failures: this.#waiting,
      hostIps: options.nodeIps,
      podIps: this.#podIps,
      now: Date.now(),
      startedAt: this.#startedAt(),
      end,
      deviceHealth: (container: Container) => this.#ports.deviceHealth?.(pod, container) ?? [],
      resize: {
        pending: this.#pending,
        isInProgress: isResizing(pod, seen, this.#resize.actuated),
        error: this.#resize.error,
      },
      served: this.#ports.served?.(pod.metadata.uid),
      isOver,
    };
    this.#status = podStatus(pod, seen, context, this.#status);
    statuses.set(pod.metadata.uid, this.#status);
  }

  /** Saves the status for the next kubelet, once there is something to remember. */
  save(): void {
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

  /** Starts from what the API server has, until the first round has read the runtime's state of a pod that ran. */
  #begin(served: PodStatus | undefined): void {
    this.#status = served;
    const start = Date.parse(served?.startTime ?? '');
    if (Number.isFinite(start)) this.#recordedStart = start;
    if (served === undefined || served.phase === 'Pending') this.observe(this.#runtimeStatus);
    else this.#ports.statuses.set(this.identity.uid, served);
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

  /** Start time of the pod on this node: an earlier kubelet may have started it. */
  #startedAt(): number {
    const sandboxes = this.#runtimeStatus.sandboxes.map(({ createdAt }) => Number(createdAt / 1_000_000n));
    return Math.min(this.#madeAt, this.#recordedStart, ...sandboxes);
  }

  /** The end of the pod by itself, not by its deletion. */
  #ownEnd(pod: Pod): PodEnd | undefined {
    if (this.#imposed) return this.#imposed;
    return (
      deadlineEnd(pod, this.#startedAt(), this.#status, Date.now()) ??
      finishedEnd(this.#status) ??
      finishedEnd(this.#ports.served?.(pod.metadata.uid))
    );
  }
}

/** The sizes that an earlier kubelet gave to the pod; of a container that it did not start, those that it asks for. */
function initialSizes(pod: Pod | undefined, record: PodRecord | undefined): ActuatedSizes {
  if (!pod) return { pod: unknownSizes, containers: new Map() };
  const asked = sizesOf(pod);
  const known = record?.actuated;
  return known ? { pod: known.pod, containers: new Map([...asked.containers, ...known.containers]) } : asked;
}
