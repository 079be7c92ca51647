import { mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * A new folder, named by `prefix` and six more characters. It goes when it is disposed of, and when the process ends
 * first, also by a signal.
 */
export function runScratch(prefix: string): { path: string } & Disposable {
  exitOnSignals();
  const path = mkdtempSync(prefix);
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    path,
    [Symbol.dispose]: () => {
      process.off('exit', remove);
      remove();
    },
  };
}

let exitsOnSignals = false;

/** Lets signals end this process by way of its `exit` listeners, with the code that a shell has for them. */
function exitOnSignals(): void {
  if (exitsOnSignals) return;
  exitsOnSignals = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}
