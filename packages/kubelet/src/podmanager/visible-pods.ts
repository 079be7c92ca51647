// Lists the pods for /pods: those with a worker, those that wait for the runtime or for an earlier version to end, and
// those that admission rejected.
import type { Pod, PodStatus, PodWithStatus } from '../api/pod.ts';
import type { StatusManager } from '../status/manager.ts';
import { pendingStatus, rejectedStatus } from '../status/pod-status.ts';
import type { PodManager, RejectedPod } from './pod-manager.ts';

/** The sources of the list. */
export interface VisiblePodsPorts {
  podManager: Pick<PodManager, 'admitted' | 'rejected' | 'pendingResizes' | 'desired'>;
  statuses: Pick<StatusManager, 'get' | 'set' | 'forget' | 'keepOnly' | 'withStatus'>;
  /** The workers of running and terminating pods; undefined until the runtime has answered. */
  workers(): { pods(): Pod[]; has(uid: string): boolean; isOver(uid: string): boolean } | undefined;
  nodeIps: string[];
  /** The last status that this node or the API server knows of a pod that an earlier kubelet may have started. */
  lastStatus?(uid: string): PodStatus | undefined;
}

/** Lists pods, and makes the status of pods without a worker. */
export class VisiblePods {
  readonly #ports: VisiblePodsPorts;
  readonly #madeAt = Date.now();
  /** Pods whose status is an earlier kubelet's until they have a worker. */
  readonly #earlier = new Set<string>();

  constructor(ports: VisiblePodsPorts) {
    this.#ports = ports;
  }

  /** Every pod with its newest status, as JSON-ready objects. */
  list(): PodWithStatus[] {
    const { statuses, workers } = this.#ports;
    const rejected = this.#rejected().map(({ pod }) => pod);
    const running = (workers()?.pods() ?? []).map((pod) => this.#asDesired(pod));
    return statuses.withStatus([...running, ...this.#idle(), ...this.#over(), ...rejected]);
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
    const uids = new Set(this.list().map(({ metadata }) => metadata.uid));
    this.#ports.statuses.keepOnly(uids);
    for (const uid of this.#earlier) if (!uids.has(uid)) this.#earlier.delete(uid);
  }

  /** Call it after a pod's worker has ended: the pod is removed, or waits to start again. */
  ended(uid: string): void {
    const { podManager, statuses, workers } = this.#ports;
    // The API server, which is about to delete it, gets its last status.
    if (workers()?.isOver(uid)) return;
    statuses.forget(uid);
    this.#earlier.delete(uid);
    const pod = podManager.admitted().get(uid);
    if (pod) this.#pending(pod);
    const rejected = podManager.rejected().get(uid);
    if (rejected) this.#failed(rejected);
  }

  #pending(pod: Pod): void {
    const { statuses, nodeIps, lastStatus } = this.#ports;
    const { uid } = pod.metadata;
    if (this.#earlier.has(uid)) return;
    const last = statuses.get(uid) === undefined ? lastStatus?.(uid) : undefined;
    if (last && last.phase !== 'Pending') {
      // The API server must not be told that a pod waits which runs.
      this.#earlier.add(uid);
      statuses.set(uid, last);
      return;
    }
    // A pod of the API server has no such annotation.
    const seenAt = Date.parse(pod.metadata.annotations?.['kubernetes.io/config.seen'] ?? '') || this.#madeAt;
    statuses.set(uid, pendingStatus(pod, nodeIps, seenAt));
  }

  #failed({ pod, end, at }: RejectedPod): void {
    this.#ports.statuses.set(pod.metadata.uid, rejectedStatus(pod, end, at));
  }

  /** Pods that have not been started. */
  #idle(): Pod[] {
    const admitted = [...this.#ports.podManager.admitted().values()];
    return admitted.filter((pod) => !this.#hasWorker(pod) && !this.#isOver(pod));
  }

  #over(): Pod[] {
    return [...this.#ports.podManager.admitted().values()].filter((pod) => this.#isOver(pod));
  }

  #isOver(pod: Pod): boolean {
    return this.#ports.workers()?.isOver(pod.metadata.uid) ?? false;
  }

  #rejected(): RejectedPod[] {
    return [...this.#ports.podManager.rejected().values()].filter(({ pod }) => !this.#hasWorker(pod));
  }

  #hasWorker(pod: Pod): boolean {
    return this.#ports.workers()?.has(pod.metadata.uid) ?? false;
  }
}
