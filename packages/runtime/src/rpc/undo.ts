// Runs the steps of an all-or-nothing RPC, such as RunPodSandbox, and rolls them back on failure.

import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from './errors.ts';

/**
 * Runs `steps`, each of which registers its undo. When a step throws, the undos run in reverse order and the error is
 * rethrown; when all succeed none runs. A failed undo is logged and does not stop the others: recovery removes its
 * remains at the next start.
 */
export async function withUndo<Result>(
  log: Logger,
  steps: (undo: (name: string, action: () => Promise<void> | void) => void) => Promise<Result>,
): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  const result = await steps((name, action) => {
    stack.defer(async () => {
      try {
        await action();
      } catch (error) {
        log.warning(`Undo failed: ${name}: ${messageWithCauses(error)}`);
      }
    });
  });
  stack.move();
  return result;
}
