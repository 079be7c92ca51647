// Ends a whole pod in the runtime.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { type KillContainerPorts, killContainer } from './kill-container.ts';

/** What stopping a pod needs. */
export interface KillPodPorts extends KillContainerPorts {
  runtime: Pick<RuntimeClient, 'stopContainer' | 'stopPodSandbox'>;
}

/** Stops all containers at the same time, then the sandboxes. What has stopped already is left alone. */
export async function killPod(
  status: PodRuntimeStatus,
  graceSeconds: number,
  ports: KillPodPorts,
): Promise<void> {
  const alive = status.containers.filter(({ state }) => state === 'running' || state === 'unknown');
  await Promise.all(alive.map((container) => killContainer(container, graceSeconds, ports)));
  const ready = status.sandboxes.filter((sandbox) => sandbox.ready);
  await Promise.all(ready.map(({ id }) => ports.runtime.stopPodSandbox({ podSandboxId: id })));
}
