// Replaces a file atomically by write and rename, for state that must survive a crash of the process.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface ReplaceOptions {
  /** Permissions of the new file, less the umask. */
  readonly mode: number;
  /**
   * The file that is written and then renamed, in the same file system; default: `.NAME.tmp` beside the path.
   * Concurrent writers need different ones. The next write overwrites a file that a crash left, and keeps its mode.
   */
  readonly temporary?: string;
}

export interface FlushOptions {
  /** Whether the content is on the disk before the file gets its name. */
  readonly isFlushed?: boolean;
}

/**
 * Writes a temporary file and renames it: readers, also after a crash of this process, see either the old or the whole
 * new content. Without `isFlushed` a power failure may leave an empty file.
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
  { mode, temporary = besides(path), isFlushed = false }: ReplaceOptions & FlushOptions,
): Promise<void> {
  try {
    await writeFile(temporary, content, { mode, flush: isFlushed });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Synchronous replaceFile. */
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

/** Readers of configuration directories ignore names that begin with a dot, or have another extension. */
function besides(path: string): string {
  return join(dirname(path), `.${basename(path)}.tmp`);
}
