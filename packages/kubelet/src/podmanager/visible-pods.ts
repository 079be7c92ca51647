// Every pod that /pods shows: those with a worker, those that wait for the runtime or for their predecessor, and those
// that this node rejected.
import type { Pod, PodWithStatus } from '../api/pod.ts';
import type { StatusManager } from '../status/manager.ts';
import { pendingStatus, rejectedStatus } from '../status/pod-status.ts';
import type { PodManager, RejectedPod } from './pod-manager.ts';

/** What the list is made from. */
export interface VisiblePodsPorts {
  podManager: Pick<PodManager, 'admitted' | 'rejected'>;
  statuses: Pick<StatusManager, 'set' | 'keepOnly' | 'withStatus'>;
  /** The pods that run or end; undefined until the runtime has answered. */
  workers(): { pods(): Pod[]; has(uid: string): boolean } | undefined;
  nodeIps: string[];
}

/** Lists pods, and gives a status to those that no worker looks after. */
export class VisiblePods {
  readonly #ports: VisiblePodsPorts;
  readonly #madeAt = Date.now();

  constructor(ports: VisiblePodsPorts) {
    this.#ports = ports;
  }

  /** Every pod with its newest status, as JSON-ready objects. */
  list(): PodWithStatus[] {
    const { statuses, workers } = this.#ports;
    const rejected = this.#rejected().map(({ pod }) => pod);
    return statuses.withStatus([...(workers()?.pods() ?? []), ...this.#idle(), ...rejected]);
  }

  /** Has to be called when pods were admitted or rejected, or one has ended. */
  refresh(): void {
    const { statuses, nodeIps } = this.#ports;
    for (const pod of this.#idle()) {
      statuses.set(pod.metadata.uid, pendingStatus(pod, nodeIps, this.#madeAt));
    }
    for (const { pod, end, at } of this.#rejected()) {
      statuses.set(pod.metadata.uid, rejectedStatus(pod, end, at));
    }
    statuses.keepOnly(new Set(this.list().map(({ metadata }) => metadata.uid)));
  }

  #idle(): Pod[] {
    return [...this.#ports.podManager.admitted().values()].filter((pod) => !this.#hasWorker(pod));
  }

  #rejected(): RejectedPod[] {
    return [...this.#ports.podManager.rejected().values()].filter(({ pod }) => !this.#hasWorker(pod));
  }

  #hasWorker(pod: Pod): boolean {
    return this.#ports.workers()?.has(pod.metadata.uid) ?? false;
  }
}
