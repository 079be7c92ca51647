// Retries the removal of a container whose creation failed and could not be rolled back.

import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import type { ContainerId } from '../state/ids.ts';
import type { State } from '../state/state.ts';
import { destroyContainer, type TeardownServices } from '../teardown/container.ts';
import type { Retries } from '../teardown/retries.ts';
import { nowNs } from '../time/clock.ts';

/** What retrying a container's removal uses. */
export interface ContainerRetryServices extends TeardownServices {
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly retries: Retries;
}

/** Shows a container that could not be rolled back as exited, and retries its removal. */
export function retryContainerRemoval(
  services: ContainerRetryServices,
  id: ContainerId,
  error: unknown,
): void {
  const { state, queue, retries } = services;
  retries.add(id, `removing container ${id}`, () =>
    queue.run(id, async () => {
      const container = state.containers.get(id);
      if (container?.state.phase === 'removing' || container?.state.phase === 'creating') {
        await destroyContainer(services, container);
      }
    }),
  );
  if (state.containers.get(id)?.state.phase === 'removing') return;
  const message = `creating it failed, and it could not be removed: ${messageWithCauses(error)}`;
  const exit = { startedAt: 0n, finishedAt: nowNs(), exitCode: 128, reason: 'Error', message };
  state.containers.setState(id, { phase: 'removing', exit });
}
