// Removes the containers and sandboxes of an ended pod from the runtime, with the containers' logs and messages.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodIdentity } from '../api/pod.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { removeLog, unlinkLog } from '../logs/log-files.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { removeTerminationLog } from '../podfiles/termination-log.ts';
import type { RuntimePods } from './runtime-pods.ts';
import { unlessGone } from './unless-gone.ts';

/** The parameters of removing a container. */
export interface RemovalPorts {
  runtime: Pick<RuntimeClient, 'removeContainer'>;
  pods: Pick<RuntimePods, 'forget'>;
  options: Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>;
}

/** The parameters of removing a pod. */
export interface PodRemovalPorts extends RemovalPorts {
  runtime: Pick<RuntimeClient, 'removeContainer' | 'stopPodSandbox' | 'removePodSandbox'>;
}

/** Removes a container that has ended, with its termination message, and its log and the link to it unless `keepLog`. */
export async function removeContainer(
  pod: PodIdentity,
  container: { id: string; name: string; restartCount: number; keepLog?: boolean },
  ports: RemovalPorts,
): Promise<void> {
  if (!container.keepLog) await removeLog(ports.options, pod, container);
  removeTerminationLog(ports.options, pod.uid, container);
  await unlessGone(ports.runtime.removeContainer({ containerId: container.id }));
  if (container.keepLog) ports.pods.forget(container.id);
  else forgetContainer(pod, container, ports);
}

/** Removes all containers and sandboxes of a killed pod. RemovePodSandbox also removes the containers in it. */
export async function removePod(status: PodRuntimeStatus, ports: PodRemovalPorts): Promise<void> {
  const sandboxIds = new Set(status.sandboxes.map((sandbox) => sandbox.id));
  await Promise.all(
    status.sandboxes.map(async ({ id, ready }) => {
      if (ready) await unlessGone(ports.runtime.stopPodSandbox({ podSandboxId: id }));
      await unlessGone(ports.runtime.removePodSandbox({ podSandboxId: id }));
    }),
  );
  for (const container of status.containers) {
    if (sandboxIds.has(container.sandboxId)) forgetContainer(status, container, ports);
    else await removeContainer(status, container, ports);
  }
}

function forgetContainer(
  pod: PodIdentity,
  container: { id: string; name: string },
  { pods, options }: RemovalPorts,
): void {
  pods.forget(container.id);
  unlinkLog(options, pod, container);
}
