// The newest status of every pod, for all that shows pods: /pods of the read-only server today.
import type { Pod, PodStatus, PodWithStatus } from '../api/pod.ts';

/** Keeps statuses by UID. */
export class StatusManager {
  readonly #statuses = new Map<string, PodStatus>();

  /** The pod's newest status; undefined: none was made yet. */
  get(uid: string): PodStatus | undefined {
    return this.#statuses.get(uid);
  }

  /** Takes the pod's newest status. */
  set(uid: string, status: PodStatus): void {
    this.#statuses.set(uid, status);
  }

  /** Whether the pod's containers are done for good. */
  isFinished(uid: string): boolean {
    const phase = this.get(uid)?.phase;
    return phase === 'Succeeded' || phase === 'Failed';
  }

  /** Forgets a pod that is gone. */
  forget(uid: string): void {
    this.#statuses.delete(uid);
  }

  /** Forgets every pod but these. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#statuses.keys()) if (!uids.has(uid)) this.#statuses.delete(uid);
  }

  /** These pods with their statuses; one without a status is left out. */
  withStatus(pods: Iterable<Pod>): PodWithStatus[] {
    return [...pods].flatMap((pod) => {
      const status = this.#statuses.get(pod.metadata.uid);
      return status ? [{ ...pod, status }] : [];
    });
  }
}
