// Decides which containers are restarted: by a rule for the exit code, else by the policy of the container, else by
// that of the pod.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
import { workloadContainers } from '../api/each-container.ts';
import type { Container, ContainerRestartRule, Pod } from '../api/pod.ts';
import {
  latestContainer,
  type PodRuntimeStatus,
  type RuntimeContainer,
} from '../kubecontainer/runtime-status.ts';

/** Whether a container that has stopped is to be started again. `latest` is undefined for one that never existed. */
export function shouldRestart(pod: Pod, container: Container, latest: RuntimeContainer | undefined): boolean {
  if (latest?.state === 'running') return false;
  if (latest?.state !== 'exited') return true;
  return restartsAfter(pod, container, latest.exitCode);
}

/** Whether a container is restarted that ended with this exit code. */
export function restartsAfter(pod: Pod, container: Container, exitCode: number): boolean {
  // The API requires a policy of the container where it has rules.
  if (matchingRule(container, exitCode)) return true;
  switch (container.restartPolicy ?? pod.spec.restartPolicy) {
    case 'Always':
      return true;
    case 'OnFailure':
      return exitCode !== 0;
    case 'Never':
      return false;
  }
}

/** Whether a container is restarted that failed without an exit code: by a probe, or in an unknown state. */
export function restartsOnFailure(pod: Pod, container: Container): boolean {
  return (container.restartPolicy ?? pod.spec.restartPolicy) !== 'Never';
}

/** Whether the end of this container restarts all containers of its pod. */
export function restartsAll(container: Container, { state, exitCode }: RuntimeContainer): boolean {
  return state === 'exited' && matchingRule(container, exitCode)?.action === 'RestartAllContainers';
}

/** Whether a container has ended that restarts all containers of its pod, and that is still to be removed. */
export function allContainersRestart(pod: Pod, status: PodRuntimeStatus): boolean {
  return workloadContainers(pod.spec).some(({ container }) => {
    const latest = latestContainer(status, container.name);
    return latest !== undefined && restartsAll(container, latest);
  });
}

function matchingRule(container: Container, exitCode: number): ContainerRestartRule | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    const isListed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes !== undefined && isListed === (exitCodes.operator === 'In');
  });
}
