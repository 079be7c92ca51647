import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The path of a plugin in the first directory that contains it; undefined when none does. */
export async function findPlugin(type: string, dirs: readonly string[]): Promise<string | undefined> {
  for (const dir of dirs) {
    const path = join(dir, type);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}
