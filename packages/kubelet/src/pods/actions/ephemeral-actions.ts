// Decides the starts of ephemeral containers: each starts once, whatever the others do, and is never restarted.
// https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
import type { EphemeralContainer, Pod } from '../../api/pod.ts';
import { latestContainer, type PodRuntimeStatus } from '../../kubecontainer/runtime-status.ts';
import { type ActionContext, type PodAction, startOrBackOff } from './actions.ts';

/** The steps that start those that never ran. One with a target waits until that exists. */
export function ephemeralActions(pod: Pod, status: PodRuntimeStatus, context: ActionContext): PodAction[] {
  return (pod.spec.ephemeralContainers ?? [])
    .filter((container) => mayStart(container, status))
    .flatMap((container) => startOrBackOff(container, 'ephemeral', status, context));
}

function mayStart({ name, targetContainerName }: EphemeralContainer, status: PodRuntimeStatus): boolean {
  const isStarted = (latestContainer(status, name)?.state ?? 'created') !== 'created';
  if (isStarted || !targetContainerName) return !isStarted;
  return (latestContainer(status, targetContainerName)?.state ?? 'created') !== 'created';
}
