// Decides which containers are restarted.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
import type { Pod } from '../api/pod.ts';
import type { RuntimeContainer } from '../kubecontainer/runtime-status.ts';

/** Whether the pod's restart policy restarts a container that has stopped. */
export function shouldRestart(pod: Pod, latest: RuntimeContainer | undefined): boolean {
  if (latest?.state === 'running') return false;
  if (latest?.state !== 'exited') return true;
  if (pod.spec.restartPolicy === 'Never') return false;
  return pod.spec.restartPolicy === 'Always' || latest.exitCode !== 0;
}
