// Removes the containers and sandboxes that pod-garbage.ts selects.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { type RemovalPorts, removeContainer } from '../kuberuntime/remove.ts';
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
