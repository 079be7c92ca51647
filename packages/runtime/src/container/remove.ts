import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { RemoveContainerRequest, RemoveContainerResponse } from '@berth/cri/generated/api.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { ImageService } from '../image/service.ts';
import type { Logger } from '../logging/log.ts';
import { wrongState } from '../rpc/errors.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { State } from '../state/state.ts';
import type { TeardownPorts } from '../teardown/container.ts';
import { destroyContainer } from '../teardown/container.ts';
import type { AbortableOperations } from './abortable-operations.ts';
import type { Stops } from './stops.ts';

/** What RemoveContainer uses. */
export interface RemoveContainerPorts extends TeardownPorts {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly images: ImageService;
  readonly stops: Stops;
  readonly operations: AbortableOperations;
}

/** RemoveContainer: kills it when it runs; idempotent, fine for a container that is gone. */
export async function removeContainer(
  context: RemoveContainerPorts,
  { containerId }: RemoveContainerRequest,
): Promise<RemoveContainerResponse> {
  const container = context.state.containers.find(containerId);
  if (container === undefined) return {};
  context.log.info('Removing container', { container: container.id });
  await stopAndDestroy(context, container);
  context.log.info('Removed container', { container: container.id });
  return {};
}

/** Removes a container in any state, after what is being done to it has ended. */
export function stopAndDestroy(context: RemoveContainerPorts, { id }: Container): Promise<void> {
  context.operations.abort(id, wrongState(`container ${id} is being removed`));
  return context.queue.run(id, async () => {
    const { state, stops } = context;
    const container = state.containers.get(id);
    if (container === undefined) return;
    if (processesOf(container) !== undefined) await stops.stop(container, 0);
    const stopped = state.containers.get(id) ?? container;
    if (stopped.state.phase === 'exited') {
      state.containers.setState(id, { phase: 'removing', exit: stopped.state.exit });
    }
    await destroyContainer(context, stopped);
    context.images.cleanUpReleased();
    context.events.containerDeleted(id, container.sandboxId);
  });
}
