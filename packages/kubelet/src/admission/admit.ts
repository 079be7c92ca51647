// Decides which pods this node admits. Static pods have no scheduler, so only this prevents overcommitting the node.
import type { Pod } from '../api/pod.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { Check, Failed, Verdict } from './check.ts';
import { checkHostPorts } from './host-ports.ts';
import { checkNodeAffinity } from './node-affinity.ts';
import { NodeUsage } from './node-usage.ts';
import { checkPodCount, checkResources } from './resources.ts';

/** The checks in the real kubelet's order: a pod that fails several shows the first failure. */
const checks: readonly Check[] = [checkPodCount, checkResources, checkNodeAffinity, checkHostPorts];

/** The admitted pods, and the rejected pods with the reason. */
export interface Admission {
  admitted: Pod[];
  rejected: { pod: Pod; failed: Failed }[];
}

/**
 * Admits pods sequentially, previously admitted pods first, so that a new pod never evicts a running one. A finished
 * pod (`isFinished`) uses no resources and stays admitted.
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
