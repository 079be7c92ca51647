import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from './errors.ts';

/**
 * Runs `steps` with a stack on which each step registers how to take it back. When a step throws, what was
 * done before is undone in reverse order and the error is thrown on; when all succeed nothing is undone.
 * An undo that fails itself is logged and does not stop the others: what it leaves is found again by the
 * reconciliation of the next start.
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
