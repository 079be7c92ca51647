// Decides the steps of init containers: they run sequentially, and each must succeed before the next one starts.
// https://kubernetes.io/docs/concepts/workloads/pods/init-containers/
import { containersOfKind } from '../../api/each-container.ts';
import type { Container, Pod } from '../../api/pod.ts';
import {
  activeContainers,
  latestContainer,
  type PodRuntimeStatus,
} from '../../kubecontainer/runtime-status.ts';
import { type ActionContext, kill, type PodAction, startOrBackOff } from './actions.ts';

/** The progress of initialization, and the next steps. */
export type InitProgress =
  | { verdict: 'done' }
  | { verdict: 'in progress'; actions: PodAction[] }
  | { verdict: 'failed'; name: string };

/**
 * Decides from the init containers of the current sandbox. The last existing one shows the progress, because earlier
 * ones may have been removed. A regular container in this sandbox proves that all init containers succeeded.
 */
export function initActions(pod: Pod, status: PodRuntimeStatus, context: ActionContext): InitProgress {
  const init = containersOfKind(pod.spec, 'init').map(({ container }) => container);
  const [first] = init;
  if (!first) return { verdict: 'done' };
  const active = activeContainers(status);
  if (pod.spec.containers.some((regular) => active.some((each) => each.name === regular.name))) {
    return { verdict: 'done' };
  }
  const begin = (container: Container): InitProgress => ({
    verdict: 'in progress',
    actions: startOrBackOff(container, 'init', latestContainer(status, container.name), context),
  });

  for (let index = init.length - 1; index >= 0; index--) {
    const container = init[index];
    const current = active.find((each) => each.name === container?.name);
    if (!container || !current) continue;
    switch (current.state) {
      case 'running':
        return { verdict: 'in progress', actions: [] };
      case 'created':
        return begin(container);
      case 'exited': {
        if (current.exitCode !== 0) {
          return pod.spec.restartPolicy === 'Never'
            ? { verdict: 'failed', name: container.name }
            : begin(container);
        }
        const next = init[index + 1];
        return next ? begin(next) : { verdict: 'done' };
      }
      case 'unknown': {
        if (pod.spec.restartPolicy === 'Never') return { verdict: 'failed', name: container.name };
        const reason = 'Init container is in "unknown" state, try killing it before restart';
        const again = begin(container);
        return again.verdict === 'in progress'
          ? { verdict: 'in progress', actions: [kill(current, reason), ...again.actions] }
          : again;
      }
    }
  }
  return begin(first);
}
