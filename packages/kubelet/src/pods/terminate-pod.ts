// The end of a pod: its containers, its sandboxes, and all that it has left on the node. Every step may have
// been done before by a kubelet that was killed, so each is harmless when there is nothing to do.
import type { PodIdentity } from '../api/pod.ts';
import type { CrashLoopBackoff } from '../backoff/crash-loop.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { ImageManager } from '../images/image-manager.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { type PodRemovalPorts, removePod } from '../kuberuntime/remove.ts';
import type { RuntimePods } from '../kuberuntime/runtime-pods.ts';
import { type StopPodPorts, stopPod } from '../kuberuntime/stop.ts';
import { removePodLogs } from '../logs/log-files.ts';
import type { VolumeManager } from '../volumes/manager.ts';

/** What ending a pod needs. */
export interface TerminatePorts {
  runtime: StopPodPorts['runtime'] & PodRemovalPorts['runtime'];
  pods: Pick<RuntimePods, 'read' | 'forget'>;
  options: StopPodPorts['options'] & PodRemovalPorts['options'];
  images: Pick<ImageManager, 'forget'>;
  crashLoop: Pick<CrashLoopBackoff, 'forget'>;
  cgroups: Pick<PodCgroups, 'remove'>;
  volumes: Pick<VolumeManager, 'tearDown'>;
}

/**
 * Ends the pod and removes everything of it. `onStatus` gets the containers' final states before they are
 * removed. Throws when a step fails: the caller tries again later.
 */
export async function terminatePod(
  pod: PodIdentity,
  graceSeconds: number,
  ports: TerminatePorts,
  onStatus: (status: PodRuntimeStatus) => void,
): Promise<void> {
  const status = await ports.pods.read(pod);
  onStatus(status);
  await stopPod(status, graceSeconds, ports);
  const ended = await ports.pods.read(pod);
  onStatus(ended);
  await removePod(ended, ports);
  await removeRemains(pod.uid, ports);
}

/**
 * Removes what a pod leaves on the node, outside the runtime: cgroup, logs, volumes. The pod's folder goes last,
 * because by it the next kubelet finds a pod whose end was interrupted.
 */
async function removeRemains(uid: string, ports: TerminatePorts): Promise<void> {
  ports.images.forget(uid);
  ports.crashLoop.forget(uid);
  await ports.cgroups.remove(uid);
  await removePodLogs(ports.options, uid);
  await ports.volumes.tearDown(uid);
}
