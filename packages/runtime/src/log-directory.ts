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
