// Temporary folders of test runs, deleted even when a signal ends the run.
import { mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * Makes a folder named `prefix` and six random characters. Deletes it on disposal or at the end of the process, also by
 * a signal.
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

/** Makes signals run the `exit` listeners, and exit with the code of a shell (128 + signal). */
function exitOnSignals(): void {
  if (exitsOnSignals) return;
  exitsOnSignals = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}
