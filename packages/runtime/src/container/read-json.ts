import { readRegularFile } from '@berth/common/files/regular-file.ts';

/** Larger than any config.json of ours: a request has at most 16 MiB, and a seccomp profile adds less. */
const maxJsonBytes = 64 * 1024 * 1024;

/** The content of a JSON file of ours; undefined when it is gone. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readRegularFile(path, { maxBytes: maxJsonBytes })).toString());
  } catch {
    return undefined;
  }
}
