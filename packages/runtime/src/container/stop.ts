import type { StopContainerRequest, StopContainerResponse } from '@berth/cri/generated/api.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { isUnrestored, processesOf } from '../state/container.ts';
import type { State } from '../state/state.ts';
import type { ContainerRestores } from './creation.ts';
import type { Stops } from './graceful-stop.ts';

/** What StopContainer uses. */
export interface StopContainerServices {
  readonly log: Logger;
  readonly state: State;
  readonly stops: Stops;
  readonly restores: ContainerRestores;
}

/**
 * StopContainer: stops a container with its grace period. Idempotent: succeeds for a container that does not exist.
 */
export async function stopContainer(
  services: StopContainerServices,
  { containerId, timeout }: StopContainerRequest,
): Promise<StopContainerResponse> {
  const container = services.state.containers.find(containerId);
  if (container !== undefined && isUnrestored(container)) await services.restores.giveUp(container.id);
  if (container === undefined || processesOf(container) === undefined) return {};
  services.log.info('Stopping container', { container: container.id, timeout });
  try {
    await services.stops.stop(container, Number(timeout) * 1000);
  } catch (error) {
    const code = error instanceof RuntimeError ? error.criCode : 'UNKNOWN';
    throw new RuntimeError(code, `failed to stop container ${container.id}: ${messageWithCauses(error)}`);
  }
  services.log.info('Stopped container', { container: container.id });
  return {};
}
