// Removes the containers and sandboxes that pod-garbage.ts selects.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { type RemovalPorts, removeContainer } from '../kuberuntime/remove.ts';
import { unlessGone } from '../kuberuntime/unless-gone.ts';
import { garbage } from './pod-garbage.ts';

/** The parameters of garbage collection. */
export interface GarbagePorts extends RemovalPorts {
  runtime: Pick<RuntimeClient, 'removeContainer' | 'removePodSandbox'>;
}

/** Removes the garbage of a pod and returns its status without it. */
export async function collectGarbage(
  status: PodRuntimeStatus,
  ports: GarbagePorts,
): Promise<PodRuntimeStatus> {
  const { containers, sandboxIds } = garbage(status);
  for (const container of containers) await removeContainer(status, container, ports);
  for (const podSandboxId of sandboxIds) await ports.runtime.removePodSandbox({ podSandboxId });
  return {
    ...status,
    containers: status.containers.filter((each) => !containers.includes(each)),
    sandboxes: status.sandboxes.filter(({ id }) => !sandboxIds.includes(id)),
  };
}

/** Removes all containers of a pod that has ended, with their logs, and its sandboxes. */
export async function discardPod(status: PodRuntimeStatus, ports: GarbagePorts): Promise<void> {
  for (const container of status.containers) await removeContainer(status, container, ports);
  for (const { id } of status.sandboxes) {
    await unlessGone(ports.runtime.removePodSandbox({ podSandboxId: id }));
  }
}
