// Stops containers and pods: signal, grace period, kill.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { createLogger } from '../klog/klog.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { unlessGone } from './unless-gone.ts';

const log = createLogger('stop.ts');

/** Minimum grace period, as in Kubernetes. */
const minGraceSeconds = 2;

/** The parameters of stopping a container. */
export interface StopContainerPorts {
  runtime: Pick<RuntimeClient, 'stopContainer'>;
  options: Pick<KubeletOptions, 'runtimeRequestTimeoutMs'>;
}

/** Stops a container; the runtime kills it after the grace period. Succeeds when it no longer exists. */
export async function stopContainer(
  container: { id: string; name: string },
  graceSeconds: number,
  { runtime, options }: StopContainerPorts,
): Promise<void> {
  const grace = Math.max(minGraceSeconds, graceSeconds);
  log.info('Killing container with a grace period', {
    containerName: container.name,
    containerID: container.id,
    gracePeriod: grace,
  });
  const timeoutMs = grace * 1000 + options.runtimeRequestTimeoutMs;
  await unlessGone(
    runtime.stopContainer({ containerId: container.id, timeout: BigInt(grace) }, { timeoutMs }),
  );
}

/** The parameters of stopping a pod. */
export interface StopPodPorts extends StopContainerPorts {
  runtime: Pick<RuntimeClient, 'stopContainer' | 'stopPodSandbox'>;
}

/** Stops all running containers concurrently, then the sandboxes. */
export async function stopPod(
  status: PodRuntimeStatus,
  graceSeconds: number,
  ports: StopPodPorts,
): Promise<void> {
  const alive = status.containers.filter(({ state }) => state === 'running' || state === 'unknown');
  await Promise.all(alive.map((container) => stopContainer(container, graceSeconds, ports)));
  const ready = status.sandboxes.filter((sandbox) => sandbox.ready);
  await Promise.all(ready.map(({ id }) => ports.runtime.stopPodSandbox({ podSandboxId: id })));
}
