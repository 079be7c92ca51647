// Ends a pod: stops and removes its containers and sandboxes, then its cgroup, logs and volumes. Every step is
// idempotent, because a killed kubelet may have done it already.
import type { Pod, PodIdentity } from '../api/pod.ts';
import type { CrashLoopBackoff } from '../backoff/crash-loop.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { DynamicResources } from '../dra/dynamic-resources.ts';
import { aboutPod } from '../events/event.ts';
import type { ImageManager } from '../images/image-manager.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
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
  claims: Pick<DynamicResources, 'release'>;
  users: Pick<UserNamespaces, 'release'>;
  hookMetrics: StopPodPorts['hookMetrics'];
  events: StopPodPorts['events'];
}

/** A pod to end. */
export interface EndingPod {
  identity: PodIdentity;
  /** Undefined for an orphan, whose manifest is gone. */
  pod: Pod | undefined;
  graceSeconds: number;
  /** Whether a source has the pod again, with the UID that it had: it starts anew once it has ended. */
  isBack(): boolean;
}

/** Is told of the runtime's state of a pod that ends. `isOver`: all its containers have stopped for good. */
export type OnEndingStatus = (status: PodRuntimeStatus, isOver: boolean) => void;

/**
 * Ends the pod and removes everything of it, or of one that is back all but its containers and files. Calls `onStatus` with the containers' final states before removing them.
 * Throws when a step fails; the caller retries.
 */
export async function terminatePod(
  { identity, pod, graceSeconds, isBack }: EndingPod,
  ports: TerminatePorts,
  onStatus: OnEndingStatus,
): Promise<void> {
  const status = await ports.pods.read(identity);
  onStatus(status, false);
  await stopPod({ identity, pod, status }, graceSeconds, ports).catch((error: unknown) => {
    const told = `error killing pod: ${rpcErrorText(error)}`;
    ports.events.record(aboutPod({ metadata: identity }), 'Warning', 'FailedKillPod', told);
    throw error;
  });
  const ended = await ports.pods.read(identity);
  // Before the status says that the pod is over: the cluster then gives its claims to others.
  await ports.claims.release(identity.uid);
  onStatus(ended, true);
  if (isBack()) return await removeShared(identity.uid, ports);
  await removePod(ended, ports);
  await removeShared(identity.uid, ports);
  await removeFolders(identity.uid, ports);
}

/** Removes what a pod has beside containers and files. Those of a pod that is back count its restarts on. */
async function removeShared(uid: string, ports: TerminatePorts): Promise<void> {
  ports.images.forget(uid);
  ports.crashLoop.forget(uid);
  await ports.cgroups.remove(uid);
}

/**
 * Removes a pod's logs and volumes. Removes the pod's folder last, because the next kubelet finds an interrupted
 * termination by it.
 */
async function removeFolders(uid: string, ports: TerminatePorts): Promise<void> {
  await removePodLogs(ports.options, uid);
  await ports.volumes.tearDown(uid);
  ports.users.release(uid);
}
