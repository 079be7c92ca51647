// Ends a pod: stops and removes its containers and sandboxes, then its cgroup, logs and volumes. Every step is
// idempotent, because a killed kubelet may have done it already.
import type { Pod, PodIdentity } from '../api/pod.ts';
import type { CrashLoopBackoff } from '../backoff/crash-loop.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { ImageManager } from '../images/image-manager.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { type PodRemovalPorts, removePod } from '../kuberuntime/remove.ts';
import type { RuntimePods } from '../kuberuntime/runtime-pods.ts';
import { type StopPodPorts, stopPod } from '../kuberuntime/stop.ts';
import { removePodLogs } from '../logs/log-files.ts';
import type { UserNamespaces } from '../userns/user-namespaces.ts';
import type { VolumeManager } from '../volumes/manager.ts';

/** The parameters of ending a pod. */
export interface TerminatePorts {
  runtime: StopPodPorts['runtime'] & PodRemovalPorts['runtime'];
  pods: Pick<RuntimePods, 'read' | 'forget'>;
  options: StopPodPorts['options'] & PodRemovalPorts['options'];
  images: Pick<ImageManager, 'forget'>;
  crashLoop: Pick<CrashLoopBackoff, 'forget'>;
  cgroups: Pick<PodCgroups, 'remove'>;
  volumes: Pick<VolumeManager, 'tearDown'>;
  users: Pick<UserNamespaces, 'release'>;
  hookMetrics: StopPodPorts['hookMetrics'];
}

/** A pod to end. */
export interface EndingPod {
  identity: PodIdentity;
  /** Undefined for an orphan, whose manifest is gone. */
  pod: Pod | undefined;
  graceSeconds: number;
}

/**
 * Ends the pod and removes everything of it. Calls `onStatus` with the containers' final states before removing them.
 * Throws when a step fails; the caller retries.
 */
export async function terminatePod(
  { identity, pod, graceSeconds }: EndingPod,
  ports: TerminatePorts,
  onStatus: (status: PodRuntimeStatus) => void,
): Promise<void> {
  const status = await ports.pods.read(identity);
  onStatus(status);
  await stopPod({ identity, pod, status }, graceSeconds, ports);
  const ended = await ports.pods.read(identity);
  onStatus(ended);
  await removePod(ended, ports);
  await removeRemains(identity.uid, ports);
}

/**
 * Removes a pod's cgroup, logs and volumes. Removes the pod's folder last, because the next kubelet finds an
 * interrupted termination by it.
 */
async function removeRemains(uid: string, ports: TerminatePorts): Promise<void> {
  ports.images.forget(uid);
  ports.crashLoop.forget(uid);
  await ports.cgroups.remove(uid);
  await removePodLogs(ports.options, uid);
  await ports.volumes.tearDown(uid);
  ports.users.release(uid);
}
