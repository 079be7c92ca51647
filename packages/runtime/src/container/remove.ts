import {
  ContainerEventType,
  type RemoveContainerRequest,
  type RemoveContainerResponse,
} from '@berth/cri/generated/api.ts';
import type { Context } from '../context.ts';
import { wrongState } from '../rpc/errors.ts';
import { publish } from '../sandbox/pod-events.ts';
import { type Container, processesOf } from '../state/container.ts';
import { destroyContainer } from '../teardown/container.ts';

/** RemoveContainer: kills it when it runs; idempotent, fine for a container that is gone. */
export async function removeContainer(
  context: Context,
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
export function stopAndDestroy(context: Context, { id }: Container): Promise<void> {
  context.makings.abort(id, wrongState(`container ${id} is being removed`));
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
    publish(context, id, container.sandboxId, ContainerEventType.CONTAINER_DELETED_EVENT);
  });
}
