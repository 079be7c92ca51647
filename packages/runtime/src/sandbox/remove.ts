import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import {
  ContainerEventType,
  type RemovePodSandboxRequest,
  type RemovePodSandboxResponse,
} from '@berth/cri/generated/api.ts';
import { type RemoveContainerServices, stopAndDestroy } from '../container/remove.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { Logger } from '../logging/log.ts';
import type { State } from '../state/state.ts';
import { abortOperations, type StopSandboxServices, stopSandbox } from './stop.ts';
import { destroySandbox } from './teardown.ts';

/** What RemovePodSandbox uses. */
export interface RemoveSandboxServices extends RemoveContainerServices, StopSandboxServices {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
}

/**
 * RemovePodSandbox: stops the sandbox if it is ready, removes its containers and the sandbox. Idempotent: succeeds
 * for a sandbox that does not exist.
 */
export async function removePodSandbox(
  services: RemoveSandboxServices,
  { podSandboxId }: RemovePodSandboxRequest,
): Promise<RemovePodSandboxResponse> {
  const { state, log, queue } = services;
  const found = state.sandboxes.find(podSandboxId);
  if (found === undefined) return {};
  const { id } = found;
  log.info('Removing pod sandbox', { sandbox: id });
  abortOperations(services, id);
  await queue.run(id, async () => {
    await stopSandbox(services, id);
    await Promise.all(state.containers.ofSandbox(id).map((container) => stopAndDestroy(services, container)));
    const sandbox = state.sandboxes.get(id);
    if (sandbox === undefined) return;
    services.events.sandbox(id, ContainerEventType.CONTAINER_DELETED_EVENT);
    state.sandboxes.setState(id, { phase: 'removing' });
    await destroySandbox(services, sandbox);
  });
  log.info('Removed pod sandbox', { sandbox: id });
  return {};
}
