// Ends containers: signal, grace period, kill.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { unlessGone } from './unless-gone.ts';

const log = createLogger('kill-container.ts');

/** Even a pod that wants none gets this long to end, as in Kubernetes. */
const minGraceSeconds = 2;

/** What stopping a container needs. */
export interface KillContainerPorts {
  runtime: Pick<RuntimeClient, 'stopContainer'>;
  options: Pick<KubeletOptions, 'runtimeRequestTimeoutMs'>;
}

/** Stops a container; one that is gone already is no error. The runtime kills it when the time is over. */
export async function killContainer(
  container: { id: string; name: string },
  graceSeconds: number,
  { runtime, options }: KillContainerPorts,
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
