// Decides the steps of the rule action RestartAllContainers: the end of one container restarts all of its pod, in the
// same sandbox. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-all-containers
import { containersOfKind } from '../../api/each-container.ts';
import type { Container, Pod } from '../../api/pod.ts';
import { allContainersRestart, restartsAll } from '../../containers/restart-policy.ts';
import type { PodRuntimeStatus, RuntimeContainer } from '../../kubecontainer/runtime-status.ts';
import { kill, type PodAction, remove } from './actions.ts';

/**
 * The steps that remove all init and regular containers, whose logs stay; none unless the pod restarts. Those that made
 * the pod restart come last: by them the next kubelet goes on where a killed one stopped.
 */
export function restartAllActions(pod: Pod, status: PodRuntimeStatus): PodAction[] {
  if (!allContainersRestart(pod, status)) return [];
  const found = (kind: 'init' | 'regular', isCause: boolean): RuntimeContainer[] =>
    containersOfKind<Container>(pod.spec, kind).flatMap(({ container }) =>
      status.containers.filter(
        (each) => each.name === container.name && restartsAll(container, each) === isCause,
      ),
    );
  const inOrder = [
    ...found('regular', false),
    ...found('init', false),
    ...found('regular', true),
    ...found('init', true),
  ];
  return inOrder.flatMap((each) => [
    ...(each.state === 'exited' ? [] : [kill(each, 'killing', 0)]),
    remove(each, 'keep log'),
  ]);
}
