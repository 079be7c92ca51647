// Ends a whole pod in the runtime, and takes away what it leaves.

import { killContainer, unlessGone } from '../containers/kill-container.ts';
import { unlinkLog } from '../containers/log-files.ts';
import type { PodIdentity } from './paths.ts';
import type { PodRuntimeStatus } from './runtime-status.ts';
import type { Services } from './services.ts';

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

/** Removes a container that has ended, with its link; its log stays with the pod's. */
export async function removeContainer(
  pod: PodIdentity,
  container: { id: string; name: string },
  { runtime, pods, options }: Services,
): Promise<void> {
  await unlessGone(runtime.removeContainer({ containerId: container.id }));
  pods.forget(container.id);
  unlinkLog(options, pod, container);
}

/** Removes all that the runtime has of a pod that was killed. */
export async function removePod(status: PodRuntimeStatus, services: Services): Promise<void> {
  await Promise.all(status.containers.map((container) => removeContainer(status, container, services)));
  await Promise.all(
    status.sandboxes.map(async ({ id, ready }) => {
      if (ready) await unlessGone(services.runtime.stopPodSandbox({ podSandboxId: id }));
      await unlessGone(services.runtime.removePodSandbox({ podSandboxId: id }));
    }),
  );
}
