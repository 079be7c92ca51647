import type { StopContainerRequest, StopContainerResponse } from '@berth/cri/generated/api.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { isUnrestored, processesOf } from '../state/container.ts';
import type { State } from '../state/state.ts';
import type { ContainerRestores } from './creation.ts';
import type { Stops } from './stops.ts';

/** What StopContainer uses. */
export interface StopContainerPorts {
  readonly log: Logger;
  readonly state: State;
  readonly stops: Stops;
  readonly restores: ContainerRestores;
}

/** StopContainer: idempotent, fine for a container that is gone. */
export async function stopContainer(
  context: StopContainerPorts,
  { containerId, timeout }: StopContainerRequest,
): Promise<StopContainerResponse> {
  const container = context.state.containers.find(containerId);
  if (container !== undefined && isUnrestored(container)) await context.restores.giveUp(container.id);
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
