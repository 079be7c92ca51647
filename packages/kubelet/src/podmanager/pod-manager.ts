// The desired pods of this node: joins the sources' pods, drops duplicate names, and admits or rejects each pod.
import { admitPods } from '../admission/admit.ts';
import type { Failed } from '../admission/check.ts';
import type { PendingResize } from '../admission/resizes.ts';
import { type AllocatedResources, resourcesOf } from '../api/allocated-resources.ts';
import { type Pod, podKey } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { Preempted, Rejected } from '../pods/end/pod-end.ts';

const log = createLogger('pod-manager.ts');

/** The parameters of admission. */
export interface PodManagerPorts {
  node: NodeFacts;
  /** Whether a pod's containers have finished, so that it uses no resources of the node. */
  isFinished(uid: string): boolean;
  /** The resources that an earlier kubelet granted to a pod; undefined: none did. */
  recordedResources?(uid: string): AllocatedResources | undefined;
  /** Called once for each pod that is rejected. */
  onRejected?(reason: string): void;
}

/** A pod that this node does not run. */
export interface RejectedPod {
  pod: Pod;
  end: Rejected;
  /** The reason for a person. */
  detail: string;
  /** When it was rejected, in milliseconds since the epoch. */
  at: number;
}

/** Keeps the desired pods. */
export class PodManager {
  readonly #ports: PodManagerPorts;
  #node: NodeFacts;
  /** The sources' pods. */
  #pods: readonly Pod[] = [];
  #admitted: ReadonlyMap<string, Pod> = new Map();
  #rejected: ReadonlyMap<string, RejectedPod> = new Map();
  #preempted: ReadonlyMap<string, Preempted> = new Map();
  #pending: ReadonlyMap<string, PendingResize> = new Map();

  constructor(ports: PodManagerPorts) {
    this.#ports = ports;
    this.#node = ports.node;
  }

  /** Sets the sources' pods. Of two pods with one `namespace/name`, the first counts. */
  setPods(pods: readonly Pod[]): void {
    const byKey = new Map<string, Pod>();
    for (const pod of pods) if (!byKey.has(podKey(pod))) byKey.set(podKey(pod), pod);
    this.#pods = [...byKey.values()];
    this.#admit();
  }

  /** Judges the pods again, now that the features of the runtime are known. */
  runtimeAnswered(features: Pick<NodeFacts, 'hasGroupsPolicy' | 'hasMountOptions'>): void {
    const { hasGroupsPolicy, hasMountOptions } = features;
    this.#node = { ...this.#node, hasGroupsPolicy, hasMountOptions };
    this.#admit();
  }

  /** Judges the pods again, now that others need less. Returns whether pods waited for that. */
  retryResizes(): boolean {
    if (this.#pending.size === 0) return false;
    this.#admit();
    return true;
  }

  #admit(): void {
    const { isFinished, recordedResources } = this.#ports;
    const { admitted, rejected, preempted, pending } = admitPods(this.#pods, this.#node, {
      wasAdmitted: (uid) => this.#admitted.has(uid),
      isFinished: (uid) => this.#preempted.has(uid) || isFinished(uid),
      allocated: (uid) => {
        const known = this.#admitted.get(uid);
        if (known) return resourcesOf(known);
        return this.#rejected.has(uid) ? undefined : recordedResources?.(uid);
      },
    });
    this.#pending = this.#told(pending);
    this.#end(admitted, preempted);
    this.#admitted = new Map(admitted.map((pod) => [pod.metadata.uid, pod]));
    this.#rejected = new Map(
      rejected.map(({ pod, failed }) => [pod.metadata.uid, this.#rejectedPod(pod, failed)]),
    );
  }

  /** Remembers who was preempted, as long as a source has the pod. */
  #end(admitted: readonly Pod[], preempted: readonly { pod: Pod; preemptor: Pod }[]): void {
    const ends = new Map<string, Preempted>();
    for (const { metadata } of admitted) {
      const end = this.#preempted.get(metadata.uid);
      if (end) ends.set(metadata.uid, end);
    }
    for (const { pod, preemptor } of preempted) {
      log.warn('Preempting pod to free up resources', {
        pod: podKey(pod),
        podUID: pod.metadata.uid,
        requestingPod: podKey(preemptor),
      });
      ends.set(pod.metadata.uid, { by: 'preempted', preemptor: preemptor.metadata.uid });
    }
    this.#preempted = ends;
  }

  /** Logs a reason once, and keeps the time of the first rejection. */
  #rejectedPod(pod: Pod, { reason, message, detail }: Failed): RejectedPod {
    const key = podKey(pod);
    const before = [...this.#rejected.values()];
    if (!before.some((known) => podKey(known.pod) === key && known.detail === detail)) {
      log.error('Pod was rejected', { pod: key, err: detail });
      this.#ports.onRejected?.(reason);
    }
    const at = this.#rejected.get(pod.metadata.uid)?.at ?? Date.now();
    return { pod, end: { by: 'rejected', reason, message }, detail, at };
  }

  /** The same objects for what has not changed; what has is logged. */
  #told(pending: ReadonlyMap<string, PendingResize>): Map<string, PendingResize> {
    const kept = new Map<string, PendingResize>();
    for (const [uid, resize] of pending) {
      const known = this.#pending.get(uid);
      const isKnown = known?.reason === resize.reason && known.message === resize.message;
      kept.set(uid, isKnown ? known : resize);
      if (!isKnown) log.warn('Pod resize is not admitted', { podUID: uid, ...resize });
    }
    return kept;
  }

  /** Why admitted pods keep other resources than their manifests ask for, by UID. */
  pendingResizes(): ReadonlyMap<string, PendingResize> {
    return this.#pending;
  }

  /** The pod as its source has it, with resources that may not be admitted; undefined when none has it. */
  desired(uid: string): Pod | undefined {
    return this.#pods.find(({ metadata }) => metadata.uid === uid);
  }

  /** The admitted pods, by UID, each with the resources that it was granted. */
  admitted(): ReadonlyMap<string, Pod> {
    return this.#admitted;
  }

  /** Admitted pods that have to end, by UID. */
  preempted(): ReadonlyMap<string, Preempted> {
    return this.#preempted;
  }

  /** The rejected pods, by UID. */
  rejected(): ReadonlyMap<string, RejectedPod> {
    return this.#rejected;
  }
}
