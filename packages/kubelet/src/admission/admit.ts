// Which pods this node takes. A static pod has no scheduler in front of it, so this alone keeps a node from being
// promised twice.
import type { Pod } from '../api/pod.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { Check, Failed, Verdict } from './check.ts';
import { checkHostPorts } from './host-ports.ts';
import { checkNodeAffinity } from './node-affinity.ts';
import { NodeUsage } from './node-usage.ts';
import { checkPodCount, checkResources } from './resources.ts';

/** In the real kubelet's order: a pod that fails several shows the first one. */
const checks: readonly Check[] = [checkPodCount, checkResources, checkNodeAffinity, checkHostPorts];

/** Pods that may run, and those that may not with the reason. */
export interface Admission {
  admitted: Pod[];
  rejected: { pod: Pod; failed: Failed }[];
}

/**
 * Admits pods one after the other, those that were admitted before first, so that a newcomer never pushes out
 * what runs. A pod that `isFinished` (its containers are done) holds nothing any more and stays.
 */
export function admitPods(
  pods: readonly Pod[],
  node: NodeFacts,
  wasAdmitted: ReadonlySet<string>,
  isFinished: (uid: string) => boolean,
): Admission {
  const isKnown = (pod: Pod): boolean => wasAdmitted.has(pod.metadata.uid);
  const usage = new NodeUsage();
  const admission: Admission = { admitted: [], rejected: [] };
  for (const pod of [...pods.filter(isKnown), ...pods.filter((each) => !isKnown(each))]) {
    const holdsNothing = isKnown(pod) && isFinished(pod.metadata.uid);
    const verdict = holdsNothing ? 'admitted' : admit(pod, node, usage);
    if (verdict === 'admitted') admission.admitted.push(pod);
    else admission.rejected.push({ pod, failed: verdict });
    if (verdict === 'admitted' && !holdsNothing) usage.add(pod);
  }
  return admission;
}

function admit(pod: Pod, node: NodeFacts, usage: NodeUsage): Verdict {
  for (const check of checks) {
    const verdict = check(pod, node, usage);
    if (verdict !== 'admitted') return verdict;
  }
  return 'admitted';
}
