import type { Context } from '../context.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import type { ContainerId } from '../state/ids.ts';
import { destroyContainer } from '../teardown/container.ts';
import { nowNs } from '../time/clock.ts';

/** Has a half-made container that could not be removed shown as exited, and its removal tried again. */
export function retryContainerRemoval(context: Context, id: ContainerId, error: unknown): void {
  const { state, queue, retries } = context;
  retries.add(id, `removing container ${id}`, () =>
    queue.run(id, async () => {
      const container = state.containers.get(id);
      if (container?.state.phase === 'removing' || container?.state.phase === 'creating') {
        await destroyContainer(context, container);
      }
    }),
  );
  if (state.containers.get(id)?.state.phase === 'removing') return;
  const message = `it could be neither made nor removed: ${messageWithCauses(error)}`;
  const exit = { startedAt: 0n, finishedAt: nowNs(), exitCode: 128, reason: 'Error', message };
  state.containers.setState(id, { phase: 'removing', exit });
}
