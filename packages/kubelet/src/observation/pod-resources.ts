// Where a pod has its resources, as metrics tell it. Pure.
import type { Pod } from '../api/pod.ts';
import { podLevelResources } from '../api/pod-totals.ts';
import { qosClass } from '../cgroups/qos-class.ts';
import type { ResourcesLabels } from '../metrics/pod-metrics.ts';

/** The labels of an admitted pod. */
export function resourcesLabels(pod: Pod): ResourcesLabels {
  const { containers, initContainers = [] } = pod.spec;
  const isOfContainers = [...containers, ...initContainers].some(
    ({ resources }) => Object.keys({ ...resources.requests, ...resources.limits }).length > 0,
  );
  const isOfPod = podLevelResources(pod) !== undefined;
  const both = isOfContainers ? 'pod_and_container_level' : 'pod_level';
  const mode = isOfPod ? both : isOfContainers ? 'container_level' : '';
  return { config_mode: mode, qos_class: qosClass(pod).toLowerCase() };
}
