// Things that tests need and that take long to make, kept outside of the checkout so that they are made once.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where made things are kept: `$XDG_CACHE_HOME/berth`, `~/.cache/berth` by default. */
export function cacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'berth');
}

/**
 * The folder `key` of the cache. When it is absent, `make` fills a temporary folder that then takes its place, so
 * a folder that is there is complete. `key` has to change with everything that the content depends on.
 */
export async function cached(key: string, make: (dir: string) => Promise<void>): Promise<string> {
  const folder = join(cacheDir(), key);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}.`);
  try {
    await make(temporary);
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Somebody else was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
