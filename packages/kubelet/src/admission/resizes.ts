// Decides which pods get the other resources that their manifests ask for now. The others keep what they have.
import { isCritical } from '../api/critical.ts';
import { findContainer, workloadContainers } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import { podRequests, requestsOf } from '../api/pod-totals.ts';
import { isSwappable } from '../cgroups/container-resources.ts';
import { memoryBytes } from '../cgroups/pod-resources.ts';
import { qosClass } from '../cgroups/qos-class.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import { NodeUsage } from './node-usage.ts';
import { preempt, type Victim } from './preemption.ts';
import { shortagesOf } from './resources.ts';
import { outOf } from './shortage.ts';

/** Why a pod keeps the resources that it has: the change does not fit now, or never will. */
export type PendingResize =
  | { reason: 'Deferred'; message: string }
  /** `detail` names the rule, for metrics. */
  | { reason: 'Infeasible'; message: string; detail: string };

/** An admitted pod with the resources that it has, and as its manifest is now. */
export interface WantedResize {
  present: Pod;
  desired: Pod;
}

/** The changes that are admitted, as desired pods, and why others are not, by UID. */
export interface ResizeAdmission {
  resized: Pod[];
  pending: Map<string, PendingResize>;
  /** Pods that have to end for a critical one. */
  preempted: Victim[];
}

/** Admits changes sequentially beside all pods that use the node: first those that need no more, then by priority. */
export function admitResizes(
  wanted: readonly WantedResize[],
  node: NodeFacts,
  running: readonly Pod[],
): ResizeAdmission {
  const admission: ResizeAdmission = { resized: [], pending: new Map(), preempted: [] };
  let pods = running;
  for (const { present, desired } of wanted.toSorted(byUrgency)) {
    const { uid } = desired.metadata;
    if (!pods.some(({ metadata }) => metadata.uid === uid)) continue;
    const others = pods.filter(({ metadata }) => metadata.uid !== uid);
    const verdict = judge(present, desired, node, others);
    if ('reason' in verdict) {
      admission.pending.set(uid, verdict);
      continue;
    }
    admission.preempted.push(...verdict.victims);
    admission.resized.push(desired);
    pods = [...others.filter((each) => !verdict.victims.some(({ pod }) => pod === each)), desired];
  }
  return admission;
}

function judge(
  present: Pod,
  desired: Pod,
  node: NodeFacts,
  others: readonly Pod[],
): PendingResize | { victims: Victim[] } {
  // The cgroup of a pod lies in that of its class, where it cannot be moved from.
  if (qosClass(desired) !== qosClass(present)) {
    const message = 'Pod QOS Class may not change as a result of resizing';
    return { reason: 'Infeasible', message, detail: 'qos_class_change' };
  }
  if (node.canSwap === true && changesSwap(present, desired)) {
    const message = 'In-place resize of containers with swap is not supported.';
    return { reason: 'Infeasible', message, detail: 'swap_limitation' };
  }
  const shortages = shortagesOf(desired, node, new NodeUsage(others));
  const [shortage] = shortages;
  if (!shortage) return { victims: [] };
  if (!isCritical(desired)) return { reason: 'Deferred', message: outOf(shortage).message };
  const preemption = preempt(desired, others, shortages);
  if (!('impossible' in preemption)) return { victims: preemption.victims };
  const message = `Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: ${preemption.impossible}`;
  return { reason: 'Deferred', message };
}

function byUrgency(one: WantedResize, other: WantedResize): number {
  const [oneNeeds, otherNeeds] = [needsMore(one), needsMore(other)];
  if (oneNeeds !== otherNeeds) return oneNeeds ? 1 : -1;
  const priority = ({ desired }: WantedResize): number => desired.spec.priority ?? 0;
  if (priority(one) !== priority(other)) return priority(other) - priority(one);
  const isGuaranteed = ({ desired }: WantedResize): number => (qosClass(desired) === 'Guaranteed' ? 0 : 1);
  return isGuaranteed(one) - isGuaranteed(other);
}

function needsMore({ present, desired }: WantedResize): boolean {
  const [before, after] = [present, desired].map((pod) => podRequests(pod, { overhead: true }));
  return ['cpu', 'memory'].some((name) => (after?.get(name) ?? 0n) > (before?.get(name) ?? 0n));
}

/** Whether a container that may swap requests other memory, and does not restart for that. */
function changesSwap(present: Pod, desired: Pod): boolean {
  return workloadContainers<Container>(desired.spec).some(({ container }) => {
    const before = findContainer<Container>({ ...present.spec, ephemeralContainers: [] }, container.name);
    if (!before || memoryBytes(requestsOf(before)) === memoryBytes(requestsOf(container))) return false;
    const policy = container.resizePolicy?.find(({ resourceName }) => resourceName === 'memory');
    if (policy?.restartPolicy === 'RestartContainer') return false;
    return isSwappable(present, before) || isSwappable(desired, container);
  });
}
