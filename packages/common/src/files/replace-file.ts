import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface ReplaceOptions {
  /** Permissions of the new file, less the umask. */
  readonly mode: number;
  /**
   * The file that is written first, in the same file system; `.NAME.tmp` beside the path unless given. Two writers
   * at the same time need one each. One that is left by a crash is overwritten by the next write, and keeps its mode.
   */
  readonly temporary?: string;
}

/**
 * Writes a file by write and rename: a reader sees the former content or the whole of the new one, and so does the
 * next start after a crash of this process. It is not flushed to the disk, so a loss of power may leave an empty file.
 *
 * @example
 * import { readdir, readFile } from 'node:fs/promises';
 *
 * await replaceFile('state.json', '{}', { mode: 0o600 });
 * await replaceFile('state.json', '{ "pods": 3 }', { mode: 0o600 });
 * assert.equal(await readFile('state.json', 'utf8'), '{ "pods": 3 }');
 * assert.deepEqual(await readdir('.'), ['state.json']);
 */
export async function replaceFile(
  path: string,
  content: Uint8Array | string,
  { mode, temporary = besides(path) }: ReplaceOptions,
): Promise<void> {
  try {
    await writeFile(temporary, content, { mode });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** As replaceFile, for callers that have to be synchronous. */
export function replaceFileSync(
  path: string,
  content: Uint8Array | string,
  { mode, temporary = besides(path) }: ReplaceOptions,
): void {
  try {
    writeFileSync(temporary, content, { mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Directories of configuration are read without files whose names begin with a dot, or by their extension. */
function besides(path: string): string {
  return join(dirname(path), `.${basename(path)}.tmp`);
}
