import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import {
  ContainerEventType,
  type StopPodSandboxRequest,
  type StopPodSandboxResponse,
} from '@berth/cri/generated/api.ts';
import type { AbortableOperations } from '../container/abortable-operations.ts';
import type { ContainerRestores } from '../container/creation.ts';
import type { Stops } from '../container/graceful-stop.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses, wrongState } from '../rpc/errors.ts';
import { isUnrestored, processesOf } from '../state/container.ts';
import type { SandboxId } from '../state/ids.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { releaseSandbox, type SandboxTeardownServices } from './teardown.ts';

/** What StopPodSandbox uses. */
export interface StopSandboxServices extends SandboxTeardownServices {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly stops: Stops;
  readonly operations: AbortableOperations;
  readonly restores: ContainerRestores;
}

/**
 * StopPodSandbox: kills the sandbox's containers and detaches its network. Idempotent: succeeds for a sandbox that
 * does not exist.
 */
export async function stopPodSandbox(
  services: StopSandboxServices,
  { podSandboxId }: StopPodSandboxRequest,
): Promise<StopPodSandboxResponse> {
  const sandbox = services.state.sandboxes.find(podSandboxId);
  if (sandbox === undefined) return {};
  services.log.info('Stopping pod sandbox', { sandbox: sandbox.id });
  abortOperations(services, sandbox.id);
  await services.queue.run(sandbox.id, () => stopSandbox(services, sandbox.id));
  services.log.info('Stopped pod sandbox', { sandbox: sandbox.id });
  return {};
}

/** Aborts creations and starts in the pod: an OCI runtime may hang, and the stop would end their results anyway. */
export function abortOperations(
  { operations }: { readonly operations: AbortableOperations },
  id: SandboxId,
): void {
  operations.abort(id, wrongState(`sandbox ${id} was stopped`));
}

/**
 * Stops a sandbox that is ready, finishes a stop, or releases the remains of a failed removal. Call in the
 * sandbox's queue.
 */
export async function stopSandbox(services: StopSandboxServices, id: SandboxId): Promise<void> {
  const { state } = services;
  const sandbox = state.sandboxes.get(id);
  if (sandbox === undefined) return;
  const { phase } = sandbox.state;
  if (phase === 'removing') return releaseSandbox(services, sandbox);
  if (phase !== 'ready' && phase !== 'stopping') return;
  state.sandboxes.setState(id, { phase: 'stopping' });
  await stopContainers(services, sandbox);
  await releaseSandbox(services, sandbox);
  state.sandboxes.setState(id, { phase: 'stopped' });
  services.events.sandbox(id, ContainerEventType.CONTAINER_STOPPED_EVENT);
}

async function stopContainers(services: StopSandboxServices, { id }: Sandbox): Promise<void> {
  const containers = services.state.containers.ofSandbox(id);
  const waiting = containers.filter(isUnrestored);
  await Promise.all(waiting.map((container) => services.restores.giveUp(container.id)));
  const running = containers.filter((container) => processesOf(container) !== undefined);
  await Promise.all(running.map((container) => services.stops.stop(container, 0)));
}

/** Stops a sandbox whose init has exited. Every process in the shared PID namespace has ended with it. */
export function sandboxInitEnded(services: StopSandboxServices, id: SandboxId): void {
  const sandbox = services.state.sandboxes.get(id);
  if (sandbox?.state.phase !== 'ready') return;
  services.log.warning('The init of a pod sandbox has ended, stopping the sandbox', { sandbox: id });
  abortOperations(services, id);
  services.queue
    .run(id, () => stopSandbox(services, id))
    .catch((error) =>
      services.log.error(`Stopping a sandbox failed: ${messageWithCauses(error)}`, { sandbox: id }),
    );
}
