// The manifests that `berth up` installed: the record of them, and their files.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { UserError } from '../errors/user-error.ts';
import type { Manifest } from './read.ts';

/**
 * The manifests that `berth up` installed in the kubelet's directory. Records them, so that `berth down` removes only
 * these.
 */
export class InstalledManifests {
  readonly #record: string;

  /** @param record path of the list */
  constructor(record: string) {
    this.#record = record;
  }

  /**
   * Installs manifests, each atomically.
   * @returns the files that were written: those that were not there, or are other ones now
   * @throws UserError when a file of that name exists that `berth up` did not install
   */
  async install(manifests: readonly Manifest[]): Promise<Set<string>> {
    const ours = new Set(await this.files());
    for (const { target, text } of manifests) {
      if (ours.has(target)) continue;
      const there = await readIfPresent(target);
      if (there === undefined || there === text) continue;
      throw new UserError(`${target} exists and was not put there by berth; remove it or rename the pod`);
    }
    await this.#write([...ours, ...manifests.map(({ target }) => target)]);
    const written = new Set<string>();
    for (const { target, text } of manifests) {
      if ((await readIfPresent(target)) === text) continue;
      await writeManifest(target, text);
      written.add(target);
    }
    return written;
  }

  /**
   * Removes all installed manifests.
   * @returns the files that existed
   */
  async removeAll(): Promise<string[]> {
    const files = await this.files();
    for (const file of files) await rm(file, { force: true });
    await rm(this.#record, { force: true });
    return files;
  }

  /** Removes one file, and forgets it. */
  async remove(file: string): Promise<void> {
    await rm(file, { force: true });
    const files = await this.files();
    if (files.includes(file)) await this.#write(files.filter((each) => each !== file));
  }

  /** Paths of the manifests in place. */
  async files(): Promise<string[]> {
    const text = await readIfPresent(this.#record);
    if (text === undefined) return [];
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  }

  async #write(files: readonly string[]): Promise<void> {
    await writeManifest(this.#record, `${JSON.stringify([...new Set(files)].sort(), undefined, 2)}\n`);
  }
}

/** Writes a manifest atomically. The kubelet skips the temporary file, whose name begins with a dot. */
export async function writeManifest(path: string, text: string): Promise<void> {
  const dir = dirname(path);
  if (!existsSync(dir)) makePrivateDirectory(dir);
  await replaceFile(path, text, { mode: 0o600, temporary: join(dir, `.berth-${process.pid}.tmp`) });
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
