import { lstatSync, rmSync } from 'node:fs';
import { makeDirectories } from '@berth/linux/directories.ts';
import { invalid, messageOf } from './errors.ts';

/** Makes a directory for logs when it is missing. `field` of the request says which. */
export async function makeLogDirectory(path: string, field: string): Promise<void> {
  try {
    await makeDirectories(path, 0o755);
  } catch (error) {
    throw invalid(field, `cannot make the directory for logs: ${messageOf(error)}`);
  }
}

/**
 * Refuses a log file that is there and is no file: conmon would write to where a link leads, and a container that
 * was given the folder of its logs could have put one there.
 */
export function requireLogFile(path: string, field: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile()) {
    throw invalid(field, `${path} is there already and is not a regular file; remove it`);
  }
}

/** Removes what stands where conmon makes the new log file of a rotation, since it would follow a link. */
export function clearReopenedLog(path: string): void {
  rmSync(`${path}.tmp`, { recursive: true, force: true });
}
