import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import {
  ContainerEventType,
  type StopPodSandboxRequest,
  type StopPodSandboxResponse,
} from '@berth/cri/generated/api.ts';
import type { AbortableOperations } from '../container/abortable-operations.ts';
import type { ContainerRestores } from '../container/creation.ts';
import type { Stops } from '../container/stops.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses, wrongState } from '../rpc/errors.ts';
import { isUnrestored, processesOf } from '../state/container.ts';
import type { SandboxId } from '../state/ids.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import type { SandboxTeardownPorts } from './teardown.ts';
import { releaseSandbox } from './teardown.ts';

/** What StopPodSandbox uses. */
export interface StopSandboxPorts extends SandboxTeardownPorts {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly stops: Stops;
  readonly operations: AbortableOperations;
  readonly restores: ContainerRestores;
}

/** StopPodSandbox: kills its containers and lets go of its network; idempotent, fine for one that is gone. */
export async function stopPodSandbox(
  context: StopSandboxPorts,
  { podSandboxId }: StopPodSandboxRequest,
): Promise<StopPodSandboxResponse> {
  const sandbox = context.state.sandboxes.find(podSandboxId);
  if (sandbox === undefined) return {};
  context.log.info('Stopping pod sandbox', { sandbox: sandbox.id });
  abortOperations(context, sandbox.id);
  await context.queue.run(sandbox.id, () => stopSandbox(context, sandbox.id));
  context.log.info('Stopped pod sandbox', { sandbox: sandbox.id });
  return {};
}

/** Aborts creations and starts in the pod: an OCI runtime may hang, and whatever it makes is to end anyway. */
export function abortOperations(
  { operations }: { readonly operations: AbortableOperations },
  id: SandboxId,
): void {
  operations.abort(id, wrongState(`sandbox ${id} was stopped`));
}

/**
 * Stops a sandbox that is ready, or finishes a stop or lets go of what a failed removal has left. To be called in the
 * sandbox's queue.
 */
export async function stopSandbox(context: StopSandboxPorts, id: SandboxId): Promise<void> {
  const { state } = context;
  const sandbox = state.sandboxes.get(id);
  if (sandbox === undefined) return;
  const { phase } = sandbox.state;
  if (phase === 'removing') return releaseSandbox(context, sandbox);
  if (phase !== 'ready' && phase !== 'stopping') return;
  state.sandboxes.setState(id, { phase: 'stopping' });
  await stopContainers(context, sandbox);
  await releaseSandbox(context, sandbox);
  state.sandboxes.setState(id, { phase: 'stopped' });
  context.events.sandbox(id, ContainerEventType.CONTAINER_STOPPED_EVENT);
}

async function stopContainers(context: StopSandboxPorts, { id }: Sandbox): Promise<void> {
  const containers = context.state.containers.ofSandbox(id);
  const waiting = containers.filter(isUnrestored);
  await Promise.all(waiting.map((container) => context.restores.giveUp(container.id)));
  const running = containers.filter((container) => processesOf(container) !== undefined);
  await Promise.all(running.map((container) => context.stops.stop(container, 0)));
}

/** The init of a shared PID namespace has ended by itself, and with it every process in the namespace. */
export function sandboxInitEnded(context: StopSandboxPorts, id: SandboxId): void {
  const sandbox = context.state.sandboxes.get(id);
  if (sandbox?.state.phase !== 'ready') return;
  context.log.warning('The init of a pod sandbox has ended, stopping the sandbox', { sandbox: id });
  abortOperations(context, id);
  context.queue
    .run(id, () => stopSandbox(context, id))
    .catch((error) =>
      context.log.error(`Stopping a sandbox failed: ${messageWithCauses(error)}`, { sandbox: id }),
    );
}
