// The desired pods of this node: joins the sources' pods, drops duplicate names, and admits or rejects each pod.
import { admitPods } from '../admission/admit.ts';
import type { Failed } from '../admission/check.ts';
import { matchesNode } from '../admission/node-affinity.ts';
import type { Victim } from '../admission/preemption.ts';
import type { PendingResize } from '../admission/resizes.ts';
import { type AllocatedResources, resourcesOf } from '../api/allocated-resources.ts';
import { type Pod, podKey } from '../api/pod.ts';
import { isFromApi } from '../api/pod-source-of.ts';
import { aboutPod, type Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import type { ResizeTrigger } from '../metrics/resize-metrics.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import { observedFacts } from '../node/observed-facts.ts';
import type { Node } from '../node/status/node-object.ts';
import { endedStatus, type Imposed, type Preempted, type Rejected } from '../pods/end/pod-end.ts';
import { type ResizeListener, ResizeWatch } from './resize-watch.ts';

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
  /** Called once for each pod that has to end for one that is short of a resource. */
  onPreempted?(resource: string): void;
  /** Devices of plugins, which pods are given after they were admitted. */
  devices?: {
    /** Why a pod cannot have those that it asks for. */
    refusal(uid: string): Failed | undefined;
    /** The pod is judged as a new one. */
    forget(uid: string): void;
  };
  /** Is told of resizes. */
  resizes?: ResizeListener;
  events: Recorder;
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
  #imposed: ReadonlyMap<string, Imposed> = new Map();
  #pending: ReadonlyMap<string, PendingResize> = new Map();
  readonly #resizeWatch: ResizeWatch | undefined;

  constructor(ports: PodManagerPorts) {
    this.#ports = ports;
    this.#node = ports.node;
    this.#resizeWatch = ports.resizes && new ResizeWatch(ports.resizes);
  }

  /** Sets the sources' pods. Of two pods with one `namespace/name`, the first counts. */
  setPods(pods: readonly Pod[]): void {
    const byKey = new Map<string, Pod>();
    for (const pod of pods) if (!byKey.has(podKey(pod))) byKey.set(podKey(pod), pod);
    const former = this.#pods;
    this.#pods = [...byKey.values()];
    this.#admit(this.#resizeWatch?.sourcesChanged(former, this.#pods));
  }

  /** Every pod that this node shall run: those that were admitted, and those that were rejected. */
  desiredPods(): Pod[] {
    return [...this.#admitted.values(), ...[...this.#rejected.values()].map(({ pod }) => pod)];
  }

  /** Judges the pods again, now that the features of the runtime are known. */
  runtimeAnswered(features: Pick<NodeFacts, 'hasGroupsPolicy' | 'hasMountOptions'>): void {
    const { hasGroupsPolicy, hasMountOptions } = features;
    this.#node = { ...this.#node, hasGroupsPolicy, hasMountOptions };
    this.#admit();
  }

  /** The node in its cluster has changed: new pods are judged by these, and pods that were admitted stay. */
  nodeObserved(node: Node): void {
    this.#node = observedFacts(this.#node, node);
  }

  /** What the node has too little of has changed, or whether it shuts down: new pods are judged by it. */
  conditionsChanged(changed: Pick<NodeFacts, 'pressures' | 'isShuttingDown'>): void {
    this.#node = { ...this.#node, ...changed };
  }

  /** Whether a new one of these pods selects labels that the node did not have when it was observed. */
  selectsOtherNode(pods: readonly Pod[]): boolean {
    return pods.some(({ metadata: { uid }, ...pod }) => {
      const isNew = !this.#admitted.has(uid) && !this.#rejected.has(uid);
      return isNew && !matchesNode({ spec: pod.spec }, this.#node);
    });
  }

  /** Judges the pods again, now that others need less. Returns whether pods waited for that. */
  retryResizes(): boolean {
    if (this.#pending.size === 0) return false;
    this.#admit('pod_terminated');
    return true;
  }

  /** The pod has to end; it uses no resources from now on. Nothing for a pod that ends already. */
  impose(uid: string, end: Imposed): void {
    if (!this.#admitted.has(uid) || this.#imposed.has(uid)) return;
    this.#imposed = new Map([...this.#imposed, [uid, end]]);
    this.#admit('pod_terminated');
  }

  /** Judges a pod as a new one: it starts again after it had finished, was rejected, or was ended by the kubelet. */
  judgeAgain(uid: string): void {
    this.#admitted = without(this.#admitted, uid);
    this.#rejected = without(this.#rejected, uid);
    this.#imposed = without(this.#imposed, uid);
    this.#ports.devices?.forget(uid);
    this.#admit();
  }

  /** Judges the pods again, now that one has its devices or cannot have them. */
  devicesDecided(): void {
    this.#admit();
  }

  #admit(trigger: ResizeTrigger = 'pod_updated'): void {
    const { isFinished, recordedResources } = this.#ports;
    const { admitted, rejected, preempted, pending } = admitPods(this.#pods, this.#node, {
      wasAdmitted: (uid) => this.#admitted.has(uid),
      isFinished: (uid) => this.#imposed.has(uid) || isFinished(uid),
      allocated: (uid) => {
        const known = this.#admitted.get(uid);
        if (known) return resourcesOf(known);
        return this.#rejected.has(uid) ? undefined : recordedResources?.(uid);
      },
      rejection: (uid) => this.#finalRejection(uid),
    });
    this.#pending = this.#told(pending);
    this.#end(admitted, preempted);
    const before = this.#admitted;
    const byUid = (pods: readonly Pod[]) => new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    this.#admitted = byUid(admitted);
    const [desired, after] = [byUid(this.#pods), this.#admitted];
    this.#resizeWatch?.admitted({ trigger, desired, before, after, pending: this.#pending }, Date.now());
    this.#rejected = new Map(
      rejected.map(({ pod, failed }) => [pod.metadata.uid, this.#rejectedPod(pod, failed)]),
    );
  }

  /** A pod of an API server has failed there when it was rejected: it is not judged again. */
  #finalRejection(uid: string): Failed | undefined {
    const refused = this.#ports.devices?.refusal(uid);
    if (refused) return refused;
    const known = this.#rejected.get(uid);
    if (!known || !isFromApi(known.pod)) return undefined;
    const { end, detail } = known;
    return { reason: end.reason, message: end.message, detail };
  }

  /** Remembers which pods were ended, as long as a source has them. */
  #end(admitted: readonly Pod[], preempted: readonly Victim[]): void {
    const ends = new Map<string, Imposed>();
    for (const { metadata } of admitted) {
      const end = this.#imposed.get(metadata.uid);
      if (end) ends.set(metadata.uid, end);
    }
    for (const { pod, preemptor, resource } of preempted) {
      this.#ports.onPreempted?.(resource);
      log.warn('Preempting pod to free up resources', {
        pod: podKey(pod),
        podUID: pod.metadata.uid,
        requestingPod: podKey(preemptor),
      });
      const end: Preempted = { by: 'preempted', preemptor: preemptor.metadata.uid };
      ends.set(pod.metadata.uid, end);
      const { reason = '', message = '' } = endedStatus(end) ?? {};
      this.#ports.events.record(aboutPod(pod), 'Warning', reason, message);
    }
    this.#imposed = ends;
  }

  /** Logs a reason once, and keeps the time of the first rejection. */
  #rejectedPod(pod: Pod, { reason, message, detail }: Failed): RejectedPod {
    const key = podKey(pod);
    const before = [...this.#rejected.values()];
    if (!before.some((known) => podKey(known.pod) === key && known.detail === detail)) {
      log.error('Pod was rejected', { pod: key, err: detail });
      this.#ports.onRejected?.(reason);
      this.#ports.events.record(aboutPod(pod), 'Warning', reason, message);
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

  /** Admitted pods that have to end because this kubelet has decided so, by UID. */
  imposed(): ReadonlyMap<string, Imposed> {
    return this.#imposed;
  }

  /** The rejected pods, by UID. */
  rejected(): ReadonlyMap<string, RejectedPod> {
    return this.#rejected;
  }
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): Map<string, Value> {
  return new Map([...map].filter(([each]) => each !== key));
}
