// Lists the pods for /pods: those with a worker, those that wait for the runtime or for an earlier version to end, and
// those that admission rejected.
import type { Pod, PodWithStatus } from '../api/pod.ts';
import type { StatusManager } from '../status/manager.ts';
import { pendingStatus, rejectedStatus } from '../status/pod-status.ts';
import type { PodManager, RejectedPod } from './pod-manager.ts';

/** The sources of the list. */
export interface VisiblePodsPorts {
  podManager: Pick<PodManager, 'admitted' | 'rejected' | 'pendingResizes' | 'desired'>;
  statuses: Pick<StatusManager, 'set' | 'forget' | 'keepOnly' | 'withStatus'>;
  /** The workers of running and terminating pods; undefined until the runtime has answered. */
  workers(): { pods(): Pod[]; has(uid: string): boolean } | undefined;
  nodeIps: string[];
}

/** Lists pods, and makes the status of pods without a worker. */
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
    const running = (workers()?.pods() ?? []).map((pod) => this.#asDesired(pod));
    return statuses.withStatus([...running, ...this.#idle(), ...rejected]);
  }

  /** The pod with the resources that it asks for, which it may not have been granted. */
  #asDesired(pod: Pod): Pod {
    const { uid } = pod.metadata;
    const { podManager } = this.#ports;
    if (!podManager.pendingResizes().has(uid)) return pod;
    return { ...pod, spec: podManager.desired(uid)?.spec ?? pod.spec };
  }

  /** Call it after pods were admitted or rejected. */
  refresh(): void {
    for (const pod of this.#idle()) this.#pending(pod);
    for (const each of this.#rejected()) this.#failed(each);
    this.#ports.statuses.keepOnly(new Set(this.list().map(({ metadata }) => metadata.uid)));
  }

  /** Call it after a pod's worker has ended: the pod is removed, or waits to start again. */
  ended(uid: string): void {
    const { podManager, statuses } = this.#ports;
    statuses.forget(uid);
    const pod = podManager.admitted().get(uid);
    if (pod) this.#pending(pod);
    const rejected = podManager.rejected().get(uid);
    if (rejected) this.#failed(rejected);
  }

  #pending(pod: Pod): void {
    const { statuses, nodeIps } = this.#ports;
    statuses.set(pod.metadata.uid, pendingStatus(pod, nodeIps, this.#madeAt));
  }

  #failed({ pod, end, at }: RejectedPod): void {
    this.#ports.statuses.set(pod.metadata.uid, rejectedStatus(pod, end, at));
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
