// Makes and checks the directory of a container's log, so that conmon never writes through a symbolic link.

import { constants, lstatSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { openWithoutLinks } from '@berth/linux/files/safe-path.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { invalid, messageWithCauses } from '../rpc/errors.ts';

/** Makes a missing directory for logs. `field` is the request's, for messages. */
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
      `${JSON.stringify(logPath)} is not the path of a file below the log_directory`,
    );
  }
  return path;
}

/**
 * Refuses a log folder whose path has a symbolic link below the pod's log directory: conmon would follow the link,
 * which a container that mounts its log folder could have created.
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

/** As requireLogFolder, and refuses an existing log that is no regular file, such as a link. */
export function requireLogFile(path: string, logDirectory: string, field: string): void {
  requireLogFolder(path, logDirectory, field);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile()) {
    throw invalid(field, `${path} is there already and is not a regular file; remove it`);
  }
}

/** Removes any file at the temporary name of a log rotation, because conmon would follow a link there. */
export async function clearReopenedLog(path: string): Promise<void> {
  await removeTree(`${path}.tmp`);
}
