import { constants, lstatSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makeDirectories } from '@berth/linux/files/directories.ts';
import { O_PATH } from '@berth/linux/files/open-flags.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { openWithoutLinks } from '@berth/linux/files/safe-path.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { invalid, messageWithCauses } from '../rpc/errors.ts';

/** Makes a directory for logs when it is missing. `field` of the request says which. */
export async function makeLogDirectory(path: string, field: string): Promise<void> {
  try {
    await makeDirectories(path, 0o755);
  } catch (error) {
    throw invalid(field, `cannot make the directory for logs: ${messageWithCauses(error)}`);
  }
}

/**
 * The path of a container's log, '' when it has none. Throws for a `log_path` that is not below `log_directory`. Pure.
 */
export function logPathIn(logDirectory: string, logPath: string): string {
  if (logDirectory === '' || logPath === '') return '';
  const path = join(logDirectory, logPath);
  const below = relative(logDirectory, path);
  if (below === '' || below === '..' || below.startsWith('../') || logPath.endsWith('/')) {
    throw invalid(
      'config.log_path',
      `${JSON.stringify(logPath)} is no path of a file below the log_directory`,
    );
  }
  return path;
}

/**
 * Refuses a log's folder that symbolic links lead to from the pod's folder of logs: conmon would write to where they
 * lead, and a container that was given the folder of its logs could have put one there.
 */
export function requireLogFolder(path: string, logDirectory: string, field: string): void {
  const folder = dirname(path);
  try {
    closeDescriptor(
      openWithoutLinks(logDirectory, relative(logDirectory, folder) || '.', O_PATH | constants.O_DIRECTORY),
    );
  } catch (error) {
    throw invalid(
      field,
      `${folder} has to be a directory that no symbolic link leads to: ${messageWithCauses(error)}`,
    );
  }
}

/** As requireLogFolder, and refuses a log file that is there and is no file, as a link is none. */
export function requireLogFile(path: string, logDirectory: string, field: string): void {
  requireLogFolder(path, logDirectory, field);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile()) {
    throw invalid(field, `${path} is there already and is not a regular file; remove it`);
  }
}

/** Removes what stands where conmon makes the new log file of a rotation, since it would follow a link. */
export async function clearReopenedLog(path: string): Promise<void> {
  await removeTree(`${path}.tmp`);
}
