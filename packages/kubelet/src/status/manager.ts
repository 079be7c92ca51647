// Stores the newest status of every pod, for /pods and for those who are told of statuses, such as the API server.
import type { Pod, PodStatus, PodWithStatus } from '../api/pod.ts';
import { isFinalPhase } from '../api/pod-phase.ts';

/** Is told of statuses. */
export interface StatusListener {
  /** A pod has a new status; `before` is undefined for its first. */
  statusChanged(uid: string, before: PodStatus | undefined, after: PodStatus): void;
  /** A pod is gone. */
  forget(uid: string): void;
}

/** Keeps statuses by UID. */
export class StatusManager {
  readonly #statuses = new Map<string, PodStatus>();
  readonly #listeners: StatusListener[];
  readonly #onFinished: () => void;

  /** Calls `onFinished` when a pod's phase has become final. */
  constructor(listener?: StatusListener, onFinished: () => void = () => {}) {
    this.#listeners = listener ? [listener] : [];
    this.#onFinished = onFinished;
  }

  /** Tells another listener of all later statuses. */
  tell(listener: StatusListener): void {
    this.#listeners.push(listener);
  }

  /** The pod's newest status; undefined when there is none yet. */
  get(uid: string): PodStatus | undefined {
    return this.#statuses.get(uid);
  }

  /** Stores the pod's newest status. */
  set(uid: string, status: PodStatus): void {
    const wasFinished = this.isFinished(uid);
    const before = this.#statuses.get(uid);
    this.#statuses.set(uid, status);
    for (const listener of this.#listeners) listener.statusChanged(uid, before, status);
    if (!wasFinished && this.isFinished(uid)) this.#onFinished();
  }

  /** Whether the pod's phase is final (Succeeded or Failed). */
  isFinished(uid: string): boolean {
    return isFinalPhase(this.get(uid)?.phase);
  }

  /** The number of pods with a condition of this type. */
  withCondition(type: string): number {
    return [...this.#statuses.values()].filter(({ conditions = [] }) =>
      conditions.some((condition) => condition.type === type),
    ).length;
  }

  /** Forgets a pod that is gone. */
  forget(uid: string): void {
    this.#statuses.delete(uid);
    for (const listener of this.#listeners) listener.forget(uid);
  }

  /** Forgets every pod but these. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#statuses.keys()) if (!uids.has(uid)) this.forget(uid);
  }

  /** These pods with their statuses; omits pods without a status. */
  withStatus(pods: Iterable<Pod>): PodWithStatus[] {
    return [...pods].flatMap((pod) => {
      const status = this.#statuses.get(pod.metadata.uid);
      return status ? [{ ...pod, status }] : [];
    });
  }
}
