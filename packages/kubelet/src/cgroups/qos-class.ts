// The QoS class of a pod, which decides its parent cgroup and oom_score_adj.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/

import { compareQuantities } from '@berth/common/quantity.ts';
import { workloadContainers } from '../api/each-container.ts';
import type { Pod, ResourceRequirements } from '../api/pod.ts';
import { podLevelResources } from '../api/pod-totals.ts';

/** Kubernetes' names of the classes, best first. */
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Only CPU and memory count, of init containers too. */
const counted = ['cpu', 'memory'] as const;

/**
 * Guaranteed: every container limits both and requests as much; BestEffort: no container requests or limits anything.
 * A pod with resources of its own is judged by these alone.
 */
export function qosClass(pod: Pod): QosClass {
  const own = podLevelResources(pod);
  if (own) return classOf(own);
  return common(
    workloadContainers(pod.spec).map(({ container: { resources } }) =>
      // An absent request means the limit, by the API's defaults, which the pod's own resources do not have.
      classOf({ ...resources, requests: { ...resources.limits, ...resources.requests } }),
    ),
  );
}

function classOf({ requests = {}, limits = {} }: ResourceRequirements): QosClass {
  return common(
    counted.map((resource) => {
      const [request, limit] = [requests[resource] ?? '0', limits[resource] ?? '0'];
      if (compareQuantities(request, limit) !== 0) return 'Burstable';
      return compareQuantities(request, '0') === 0 ? 'BestEffort' : 'Guaranteed';
    }),
  );
}

/** The class of all; Burstable where they differ. */
function common(classes: readonly QosClass[]): QosClass {
  const [first = 'BestEffort', ...others] = classes;
  return others.every((each) => each === first) ? first : 'Burstable';
}
