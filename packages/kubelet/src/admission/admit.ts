// Decides which pods this node admits. Static pods have no scheduler, so only this prevents overcommitting the node.
import { type AllocatedResources, asksFor, withResources } from '../api/allocated-resources.ts';
import { isCritical } from '../api/critical.ts';
import type { Pod } from '../api/pod.ts';
import { isBeingDeleted, isFromApi } from '../api/pod-source-of.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import { checkAppArmor } from './app-armor.ts';
import type { Check, Failed, Verdict } from './check.ts';
import { checkDeclaredFeatures } from './declared-features.ts';
import { checkGroupsPolicy } from './groups-policy.ts';
import { checkHostPorts } from './host-ports.ts';
import { checkNodeAffinity } from './node-affinity.ts';
import { checkNodeName } from './node-name.ts';
import { NodeUsage } from './node-usage.ts';
import { checkOsField, checkOsLabel } from './operating-system.ts';
import { preempt, type Victim } from './preemption.ts';
import { checkPressure } from './pressure.ts';
import { admitResizes, type PendingResize, type WantedResize } from './resizes.ts';
import { shortagesOf } from './resources.ts';
import { outOf, shortageDetail } from './shortage.ts';
import { checkShutdown } from './shutdown.ts';
import { checkSysctls } from './sysctls.ts';
import { checkTaints } from './taints.ts';

/** Checks before resources, with them, and after them. */
interface Checks {
  before: readonly Check[];
  predicates: readonly Check[];
  after: readonly Check[];
}

/** The checks of a pod that was admitted before: labels, taints and pressure may change below it. */
const lasting: Checks = {
  before: [checkSysctls, checkOsLabel, checkOsField, checkGroupsPolicy],
  predicates: [checkNodeName, checkHostPorts],
  after: [checkAppArmor, checkDeclaredFeatures],
};

/** The checks of a new pod in the real kubelet's order: a pod that fails several shows the first failure. */
const initial: Checks = {
  before: [checkPressure, ...lasting.before],
  predicates: [checkNodeAffinity, checkNodeName, checkHostPorts, checkTaints],
  after: [...lasting.after, checkShutdown],
};

/** The admitted pods, and the rejected pods with the reason. */
export interface Admission {
  admitted: Pod[];
  rejected: { pod: Pod; failed: Failed }[];
  /** Admitted pods that have to end for a critical one. */
  preempted: Victim[];
  /** Why admitted pods keep other resources than their manifests ask for, by UID. */
  pending: Map<string, PendingResize>;
}

/** What is known of the pods. */
export interface AdmissionHistory {
  /** Whether the pod was admitted before. */
  wasAdmitted(uid: string): boolean;
  /** Whether the pod has finished or was preempted, so that it uses no resources. */
  isFinished(uid: string): boolean;
  /** The resources that the pod was granted; undefined: none yet. */
  allocated?(uid: string): AllocatedResources | undefined;
  /** Why a pod of an API server was rejected, which is final; undefined: it was not. */
  rejection?(uid: string): Failed | undefined;
}

/**
 * Admits pods sequentially, previously admitted pods first, so that a new pod never evicts a running one unless it is
 * critical. A finished pod uses no resources and stays admitted. A pod that asks for other resources than it was granted
 * keeps these, and is then resized if there is room beside all others. Pods that an API server deletes or that have ended
 * there only have to end.
 */
export function admitPods(desired: readonly Pod[], node: NodeFacts, history: AdmissionHistory): Admission {
  const resizes: WantedResize[] = [];
  const pods = desired.map((pod) => {
    const allocated = history.allocated?.(pod.metadata.uid);
    if (allocated === undefined || asksFor(pod, allocated)) return pod;
    const present = withResources(pod, allocated);
    resizes.push({ present, desired: pod });
    return present;
  });
  const isKnown = ({ metadata }: Pod): boolean => history.wasAdmitted(metadata.uid);
  let usage = new NodeUsage();
  const admission: Admission = { admitted: [], rejected: [], preempted: [], pending: new Map() };
  for (const pod of [...pods.filter(isKnown), ...pods.filter((each) => !isKnown(each))]) {
    const { uid } = pod.metadata;
    const isOver = history.isFinished(uid);
    if (isBeingDeleted(pod)) {
      admission.admitted.push(pod);
      if (!isOver) usage.add(pod);
      continue;
    }
    const failed = history.rejection?.(uid);
    if (failed) {
      admission.rejected.push({ pod, failed });
      continue;
    }
    if (isOver && (isKnown(pod) || isFromApi(pod))) {
      admission.admitted.push(pod);
      continue;
    }
    const { verdict, victims } = admit(pod, node, usage, isKnown(pod) ? lasting : initial);
    if (victims.length > 0) {
      usage = new NodeUsage(usage.pods.filter((each) => !victims.some(({ pod: victim }) => victim === each)));
      admission.preempted.push(...victims);
    }
    if (verdict === 'admitted') {
      admission.admitted.push(pod);
      usage.add(pod);
    } else admission.rejected.push({ pod, failed: verdict });
  }
  if (resizes.length === 0) return admission;
  const { resized, pending, preempted } = admitResizes(resizes, node, usage.pods);
  const byUid = new Map(resized.map((pod) => [pod.metadata.uid, pod]));
  return {
    ...admission,
    admitted: admission.admitted.map((pod) => byUid.get(pod.metadata.uid) ?? pod),
    preempted: [...admission.preempted, ...preempted],
    pending,
  };
}

/** The verdict on a pod beside those in `usage`, and which of them have to end for it. */
function admit(
  pod: Pod,
  node: NodeFacts,
  usage: NodeUsage,
  { before, predicates, after }: Checks,
): { verdict: Verdict; victims: Victim[] } {
  const early = firstFailure(before, pod, node, usage);
  if (early !== 'admitted') return { verdict: early, victims: [] };
  const shortages = shortagesOf(pod, node, usage);
  const [shortage] = shortages;
  const critical = isCritical(pod);
  if (shortage && !critical) return { verdict: outOf(shortage), victims: [] };
  const misfit = firstFailure(predicates, pod, node, usage);
  if (misfit !== 'admitted') return { verdict: misfit, victims: [] };
  let victims: Victim[] = [];
  if (shortage) {
    const preemption = preempt(pod, usage.pods, shortages);
    if ('impossible' in preemption) {
      const message = `Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: ${preemption.impossible}`;
      return {
        verdict: { reason: 'UnexpectedAdmissionError', message, detail: shortageDetail(shortage) },
        victims: [],
      };
    }
    victims = preemption.victims;
  }
  return { verdict: firstFailure(after, pod, node, usage), victims };
}

function firstFailure(checks: readonly Check[], pod: Pod, node: NodeFacts, usage: NodeUsage): Verdict {
  for (const check of checks) {
    const verdict = check(pod, node, usage);
    if (verdict !== 'admitted') return verdict;
  }
  return 'admitted';
}
