// Ends a whole pod in the runtime, and takes away what it leaves.

import type { PodIdentity } from '../api/pod.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { removeLog, unlinkLog } from '../logs/log-files.ts';
import { removeTerminationLog } from '../podfiles/termination-log.ts';
import type { Services } from '../pods/services.ts';
import { killContainer } from './kill-container.ts';
import { unlessGone } from './unless-gone.ts';

/** Stops all containers at the same time, then the sandboxes. What has stopped already is left alone. */
export async function killPod(
  status: PodRuntimeStatus,
  graceSeconds: number,
  services: Services,
): Promise<void> {
  const alive = status.containers.filter(({ state }) => state === 'running' || state === 'unknown');
  await Promise.all(alive.map((container) => killContainer(container, graceSeconds, services)));
  const ready = status.sandboxes.filter((sandbox) => sandbox.ready);
  await Promise.all(ready.map(({ id }) => services.runtime.stopPodSandbox({ podSandboxId: id })));
}

/** Removes a container that has ended, with its log and its last words. */
export async function removeContainer(
  pod: PodIdentity,
  container: { id: string; name: string; restartCount: number },
  services: Services,
): Promise<void> {
  await removeLog(services.options, pod, container);
  removeTerminationLog(services.options, pod.uid, container);
  await unlessGone(services.runtime.removeContainer({ containerId: container.id }));
  forgetContainer(pod, container, services);
}

/** Removes all that the runtime has of a pod that was killed: a sandbox goes with the containers in it. */
export async function removePod(status: PodRuntimeStatus, services: Services): Promise<void> {
  const sandboxIds = new Set(status.sandboxes.map((sandbox) => sandbox.id));
  await Promise.all(
    status.sandboxes.map(async ({ id, ready }) => {
      if (ready) await unlessGone(services.runtime.stopPodSandbox({ podSandboxId: id }));
      await unlessGone(services.runtime.removePodSandbox({ podSandboxId: id }));
    }),
  );
  for (const container of status.containers) {
    if (sandboxIds.has(container.sandboxId)) forgetContainer(status, container, services);
    else await removeContainer(status, container, services);
  }
}

function forgetContainer(
  pod: PodIdentity,
  container: { id: string; name: string },
  { pods, options }: Services,
): void {
  pods.forget(container.id);
  unlinkLog(options, pod, container);
}
