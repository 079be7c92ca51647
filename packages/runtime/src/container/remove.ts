import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { RemoveContainerRequest, RemoveContainerResponse } from '@berth/cri/generated/api.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { ImageService } from '../image/service.ts';
import type { Logger } from '../logging/log.ts';
import { wrongState } from '../rpc/errors.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { State } from '../state/state.ts';
import { destroyContainer, type TeardownServices } from '../teardown/container.ts';
import type { AbortableOperations } from './abortable-operations.ts';
import type { Stops } from './graceful-stop.ts';

/** What RemoveContainer uses. */
export interface RemoveContainerServices extends TeardownServices {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly images: ImageService;
  readonly stops: Stops;
  readonly operations: AbortableOperations;
}

/**
 * RemoveContainer: kills the container if it runs, and removes it. Idempotent: succeeds for a container that does not
 * exist.
 */
export async function removeContainer(
  services: RemoveContainerServices,
  { containerId }: RemoveContainerRequest,
): Promise<RemoveContainerResponse> {
  const container = services.state.containers.find(containerId);
  if (container === undefined) return {};
  services.log.info('Removing container', { container: container.id });
  await stopAndDestroy(services, container);
  services.log.info('Removed container', { container: container.id });
  return {};
}

/** Removes a container in any state, once the current operation on it has ended. */
export function stopAndDestroy(services: RemoveContainerServices, { id }: Container): Promise<void> {
  services.operations.abort(id, wrongState(`container ${id} is being removed`));
  return services.queue.run(id, async () => {
    const { state, stops } = services;
    const container = state.containers.get(id);
    if (container === undefined) return;
    if (processesOf(container) !== undefined) await stops.stop(container, 0);
    const stopped = state.containers.get(id) ?? container;
    if (stopped.state.phase === 'exited') {
      state.containers.setState(id, { phase: 'removing', exit: stopped.state.exit });
    }
    await destroyContainer(services, stopped);
    services.images.cleanUpReleased();
    services.events.containerDeleted(id, container.sandboxId);
  });
}
