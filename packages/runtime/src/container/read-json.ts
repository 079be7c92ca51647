import { readRegularFile } from '@berth/common/files/regular-file.ts';

/**
 * Maximum size of a JSON file that berthd wrote, such as config.json: a request has at most 16 MiB, and a seccomp
 * profile adds less.
 */
const maxJsonBytes = 64 * 1024 * 1024;

/** Reads a JSON file that berthd wrote, such as config.json; undefined when it does not exist. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readRegularFile(path, { maxBytes: maxJsonBytes })).toString());
  } catch {
    return undefined;
  }
}
