// Saves the last valid text of each manifest, so that a kubelet that restarts while someone edits a manifest does not
// end the pod because of the half-written file.
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { maxManifestBytes } from './manifests.ts';

/** Texts on disk, by the path of their manifest. */
export class LastGoodManifests {
  readonly #folder: string;

  /** Creates `folder` when it saves the first text. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The last valid text of the manifest; undefined when there is none. */
  async load(file: string): Promise<Buffer | undefined> {
    try {
      return await readRegularFile(this.#copyOf(file), { maxBytes: maxManifestBytes });
    } catch {
      return undefined;
    }
  }

  /** Saves the text atomically: a crash leaves the old or the new text. */
  async save(file: string, content: Uint8Array): Promise<void> {
    if ((await this.load(file))?.equals(content)) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await replaceFile(this.#copyOf(file), content, { mode: 0o600 });
  }

  /** Forgets every manifest but these. */
  async keepOnly(files: Iterable<string>): Promise<void> {
    const wanted = new Set([...files].map((file) => this.#copyOf(file)));
    const names = await readdir(this.#folder).catch(() => []);
    const stale = names.map((name) => join(this.#folder, name)).filter((path) => !wanted.has(path));
    await Promise.all(stale.map((path) => rm(path, { force: true })));
  }

  #copyOf(file: string): string {
    return join(this.#folder, createHash('sha256').update(file).digest('hex'));
  }
}
