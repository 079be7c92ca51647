// The end of a pod: its containers, its sandboxes, and all that it has left on the node. Every step may have
// been done before by a kubelet that was killed, so each is harmless when there is nothing to do.

import type { PodIdentity } from '../api/pod.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { killPod, removePod } from '../kuberuntime/kill-pod.ts';
import { removePodLogs } from '../logs/log-files.ts';
import { tearDownPodDir } from '../volumes/pod-dir.ts';
import type { Services } from './services.ts';

/**
 * Ends the pod and removes everything of it. `onStatus` is told how its containers ended, before they are
 * removed. Throws when a step fails: the caller tries again later.
 */
export async function terminatePod(
  pod: PodIdentity,
  graceSeconds: number,
  services: Services,
  onStatus: (status: PodRuntimeStatus) => void,
): Promise<void> {
  const status = await services.pods.read(pod);
  onStatus(status);
  await killPod(status, graceSeconds, services);
  const ended = await services.pods.read(pod);
  onStatus(ended);
  await removePod(ended, services);
  await removeRemains(pod.uid, services);
}

/**
 * Removes what a pod leaves on the node, outside the runtime: cgroup, logs, volumes. The pod's folder goes last,
 * because by it the next kubelet finds a pod whose end was interrupted.
 */
async function removeRemains(uid: string, services: Services): Promise<void> {
  services.images.forget(uid);
  services.crashBackoff.forget(`${uid}/`);
  await services.cgroups.remove(uid);
  await removePodLogs(services.options, uid);
  await tearDownPodDir(uid, services.options);
}
