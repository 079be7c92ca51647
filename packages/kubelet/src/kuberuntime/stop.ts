// Stops containers and pods: the turn of the container, signal, grace period, kill.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { Pod } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { stopOrder } from './stop-order.ts';
import { unlessGone } from './unless-gone.ts';

const log = createLogger('stop.ts');

/** Minimum grace period, as in Kubernetes. */
const minGraceSeconds = 2;

/** The parameters of stopping a container. */
export interface StopContainerPorts {
  runtime: Pick<RuntimeClient, 'stopContainer'>;
  options: Pick<KubeletOptions, 'runtimeRequestTimeoutMs'>;
}

/**
 * Stops a container; the runtime kills it after the grace period. Waits for `turn` first, while the grace period lasts.
 * Succeeds when the container no longer exists.
 */
export async function stopContainer(
  container: { id: string; name: string },
  graceSeconds: number,
  { runtime, options }: StopContainerPorts,
  turn?: Promise<unknown>,
): Promise<void> {
  const left = turn ? graceSeconds - (await secondsOf(turn, graceSeconds)) : graceSeconds;
  const grace = Math.max(minGraceSeconds, left);
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

/** Waits for `done`, no longer than `maxSeconds`, and returns the whole seconds that it took. */
async function secondsOf(done: Promise<unknown>, maxSeconds: number): Promise<number> {
  const started = performance.now();
  const over = new AbortController();
  await Promise.race([done, sleepUntilAborted(maxSeconds * 1000, over.signal)]);
  over.abort();
  return Math.floor((performance.now() - started) / 1000);
}

/** The parameters of stopping a pod. */
export interface StopPodPorts extends StopContainerPorts {
  runtime: Pick<RuntimeClient, 'stopContainer' | 'stopPodSandbox'>;
}

/**
 * Stops all running containers, sidecars after the others, then the sandboxes. `pod` is undefined for an orphan. When a
 * container cannot be stopped, stops the others nevertheless, then throws.
 */
export async function stopPod(
  pod: Pod | undefined,
  status: PodRuntimeStatus,
  graceSeconds: number,
  ports: StopPodPorts,
): Promise<void> {
  const alive = status.containers.filter(({ state }) => state === 'running' || state === 'unknown');
  const stops = new Map<string, Promise<void>>();
  for (const { container, after } of stopOrder(pod?.spec, alive)) {
    const turn = Promise.allSettled(after.map(({ id }) => stops.get(id)));
    stops.set(
      container.id,
      stopContainer(container, graceSeconds, ports, after.length > 0 ? turn : undefined),
    );
  }
  const failed = (await Promise.allSettled(stops.values())).find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  const ready = status.sandboxes.filter((sandbox) => sandbox.ready);
  await Promise.all(ready.map(({ id }) => ports.runtime.stopPodSandbox({ podSandboxId: id })));
}
