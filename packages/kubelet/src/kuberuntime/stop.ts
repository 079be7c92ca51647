// Stops containers and pods: preStop hook, the turn of the container, signal, grace period, kill.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { findContainer } from '../api/each-container.ts';
import type { Container, Pod, PodIdentity } from '../api/pod.ts';
import { aboutContainer, type Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import { type PodRuntimeStatus, runtimePodIps } from '../kubecontainer/runtime-status.ts';
import { type HookPorts, runHook } from '../lifecycle/run-hook.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { recordedContainer } from './recorded-container.ts';
import { stopOrder } from './stop-order.ts';
import { unlessGone } from './unless-gone.ts';

const log = createLogger('stop.ts');

/** Minimum grace period, as in Kubernetes. */
const minGraceSeconds = 2;

/** The parameters of stopping a container. */
export interface StopContainerPorts extends HookPorts {
  runtime: Pick<RuntimeClient, 'stopContainer' | 'containerStatus'> & HookPorts['runtime'];
  options: Pick<KubeletOptions, 'runtimeRequestTimeoutMs' | 'nodeIps'>;
  events: Recorder;
}

/** How a container is stopped. */
export interface StopOptions {
  /** Settled when it is the container's turn. */
  turn?: Promise<unknown>;
  /** Why it is stopped, for its event; default: that it is. */
  why?: string;
}

/** The pod of a container to stop. */
export interface StoppingPod {
  identity: PodIdentity;
  /** Undefined for an orphan, whose manifest is gone. */
  pod: Pod | undefined;
  status: PodRuntimeStatus;
}

/**
 * Stops a container; the runtime kills it after the grace period. First runs its preStop hook and waits for its turn, both
 * within the grace period. Succeeds when the container no longer exists.
 */
export async function stopContainer(
  stopping: StoppingPod,
  container: { id: string; name: string },
  graceSeconds: number,
  ports: StopContainerPorts,
  { turn, why = `Stopping container ${container.name}` }: StopOptions = {},
): Promise<void> {
  const { runtime, options, events } = ports;
  events.record(aboutContainer(stopping.pod, container.name), 'Normal', 'Killing', why);
  let grace = graceSeconds;
  if (grace > 0) grace -= await secondsOf(grace, (signal) => preStop(stopping, container, ports, signal));
  if (grace > 0 && turn) grace -= await secondsOf(grace, () => turn);
  grace = Math.max(minGraceSeconds, grace);
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

/** Runs the container's preStop hook, if it has one. Only logs its failure. */
async function preStop(
  stopping: StoppingPod,
  container: { id: string; name: string },
  ports: StopContainerPorts,
  signal: AbortSignal,
): Promise<void> {
  const definition = await definitionOf(stopping, container, ports);
  const hook = definition.lifecycle?.preStop;
  if (!hook) return;
  const { identity } = stopping;
  const where = {
    pod: `${identity.namespace}/${identity.name}`,
    podUID: identity.uid,
    containerName: container.name,
  };
  log.v(3, 'Running preStop hook', where);
  try {
    const target = {
      pod: identity,
      id: container.id,
      container: definition,
      podIp: podIpOf(stopping, ports),
    };
    // As in Kubernetes, a command that is not done in time goes on until its container is killed.
    await runHook(hook, target, ports, hook.exec ? new AbortController().signal : signal);
    log.v(3, 'PreStop hook completed', where);
  } catch (error) {
    if (signal.aborted && !hook.exec) log.v(2, 'PreStop hook not completed in grace period', where);
    else {
      log.error('PreStop hook failed', { err: error, ...where });
      // Without the error, which may quote a secret of the server.
      const subject = aboutContainer(stopping.pod, container.name);
      ports.events.record(subject, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
    }
  }
}

async function definitionOf(
  { pod }: StoppingPod,
  container: { id: string; name: string },
  { runtime }: StopContainerPorts,
): Promise<Pick<Container, 'name' | 'ports' | 'lifecycle'>> {
  if (pod) return findContainer(pod.spec, container.name) ?? { name: container.name };
  return recordedContainer(runtime, container);
}

/** The address at which hooks reach the pod. */
function podIpOf({ status }: StoppingPod, { options }: StopContainerPorts): string | undefined {
  return status.sandboxes[0]?.hostNetwork ? options.nodeIps[0] : runtimePodIps(status)[0];
}

/** Waits for `work`, no longer than `maxSeconds`, and returns the whole seconds that it took. */
async function secondsOf(
  maxSeconds: number,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  const [late, done] = [new AbortController(), new AbortController()];
  const timeout = sleepUntilAborted(maxSeconds * 1000, done.signal).then(() => late.abort());
  try {
    await Promise.race([work(late.signal), timeout]);
  } finally {
    done.abort();
  }
  // A timer may fire a moment before its time.
  return late.signal.aborted ? maxSeconds : Math.floor((performance.now() - started) / 1000);
}

/** The parameters of stopping a pod. */
export interface StopPodPorts extends StopContainerPorts {
  runtime: StopContainerPorts['runtime'] & Pick<RuntimeClient, 'stopPodSandbox'>;
}

/**
 * Stops all running containers, sidecars after the others, then the sandboxes. When a container cannot be stopped, stops
 * the others nevertheless, then throws.
 */
export async function stopPod(
  stopping: StoppingPod,
  graceSeconds: number,
  ports: StopPodPorts,
): Promise<void> {
  const { pod, status } = stopping;
  const alive = status.containers.filter(({ state }) => state === 'running' || state === 'unknown');
  const stops = new Map<string, Promise<void>>();
  for (const { container, after } of stopOrder(pod?.spec, alive)) {
    const turn = after.length > 0 ? Promise.allSettled(after.map(({ id }) => stops.get(id))) : undefined;
    stops.set(container.id, stopContainer(stopping, container, graceSeconds, ports, turn ? { turn } : {}));
  }
  const failed = (await Promise.allSettled(stops.values())).find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  const ready = status.sandboxes.filter((sandbox) => sandbox.ready);
  await Promise.all(ready.map(({ id }) => ports.runtime.stopPodSandbox({ podSandboxId: id })));
}
