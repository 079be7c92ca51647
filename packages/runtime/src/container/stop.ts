import type { StopContainerRequest, StopContainerResponse } from '@berth/cri/generated/api.ts';
import { giveUpRestore, isUnrestored } from '../checkpoint/restore-container.ts';
import type { Context } from '../context.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { processesOf } from '../state/container.ts';

/** StopContainer: idempotent, fine for a container that is gone. */
export async function stopContainer(
  context: Context,
  { containerId, timeout }: StopContainerRequest,
): Promise<StopContainerResponse> {
  const container = context.state.containers.find(containerId);
  if (container !== undefined && isUnrestored(container)) await giveUpRestore(context, container.id);
  if (container === undefined || processesOf(container) === undefined) return {};
  context.log.info('Stopping container', { container: container.id, timeout });
  try {
    await context.stops.stop(container, Number(timeout) * 1000);
  } catch (error) {
    const code = error instanceof RuntimeError ? error.criCode : 'UNKNOWN';
    throw new RuntimeError(code, `failed to stop container ${container.id}: ${messageWithCauses(error)}`);
  }
  context.log.info('Stopped container', { container: container.id });
  return {};
}
