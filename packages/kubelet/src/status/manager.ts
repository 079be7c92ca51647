// Stores the newest status of every pod, for /pods of the read-only server.
import type { Pod, PodStatus, PodWithStatus } from '../api/pod.ts';

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
  readonly #listener: StatusListener | undefined;
  readonly #onFinished: () => void;

  /** Calls `onFinished` when a pod's phase has become final. */
  constructor(listener?: StatusListener, onFinished: () => void = () => {}) {
    this.#listener = listener;
    this.#onFinished = onFinished;
  }

  /** The pod's newest status; undefined when there is none yet. */
  get(uid: string): PodStatus | undefined {
    return this.#statuses.get(uid);
  }

  /** Stores the pod's newest status. */
  set(uid: string, status: PodStatus): void {
    const wasFinished = this.isFinished(uid);
    this.#listener?.statusChanged(uid, this.#statuses.get(uid), status);
    this.#statuses.set(uid, status);
    if (!wasFinished && this.isFinished(uid)) this.#onFinished();
  }

  /** Whether the pod's phase is final (Succeeded or Failed). */
  isFinished(uid: string): boolean {
    const phase = this.get(uid)?.phase;
    return phase === 'Succeeded' || phase === 'Failed';
  }

  /** Forgets a pod that is gone. */
  forget(uid: string): void {
    this.#statuses.delete(uid);
    this.#listener?.forget(uid);
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
