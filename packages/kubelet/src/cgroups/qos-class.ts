// The QoS class of a pod, which decides its parent cgroup and oom_score_adj.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/

import { compareQuantities, parseQuantity } from '@berth/common/quantity.ts';
import { workloadContainers } from '../api/each-container.ts';
import type { Pod } from '../api/pod.ts';

/** Kubernetes' names of the classes, best first. */
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Only CPU and memory count, of init containers too. */
const counted = ['cpu', 'memory'] as const;

/** Guaranteed: every container limits both and requests as much; BestEffort: no container requests or limits anything. */
export function qosClass(pod: Pod): QosClass {
  let anything = false;
  let guaranteed = true;
  for (const { container } of workloadContainers(pod.spec)) {
    const { resources } = container;
    for (const resource of counted) {
      const request = positive(resources.requests?.[resource]);
      const limit = positive(resources.limits?.[resource]);
      if (request !== undefined || limit !== undefined) anything = true;
      // An absent request means the limit, by the API's defaults.
      if (limit === undefined || compareQuantities(request ?? limit, limit) !== 0) guaranteed = false;
    }
  }
  if (!anything) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(quantity: string | undefined): string | undefined {
  return quantity !== undefined && parseQuantity(quantity).nanos > 0n ? quantity : undefined;
}
