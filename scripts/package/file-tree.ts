// The files of a package in memory, by their paths, and the tar archives that are made of them.
import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { encodeTar } from '@berth/oci/tar/writer.ts';

/** What is at a path. */
export type TreeFile =
  | { readonly content: Buffer; readonly mode: number }
  | { readonly target: string }
  | 'directory';

/** Files by their path from the root, without a slash in front. */
export class FileTree {
  readonly #files = new Map<string, TreeFile>();

  add(path: string, content: Buffer | string, mode = 0o644): void {
    this.#files.set(path, { content: Buffer.from(content), mode });
  }

  link(path: string, target: string): void {
    this.#files.set(path, { target });
  }

  directory(path: string): void {
    this.#files.set(path, 'directory');
  }

  /** Adds a file of the disk; it can be executed if it can be there. */
  copy(path: string, from: string): void {
    this.add(path, readFileSync(from), (statSync(from).mode & 0o111) === 0 ? 0o644 : 0o755);
  }

  /** Adds the files of a folder that match patterns, below `path`. */
  copyAll(path: string, folder: string, patterns: readonly string[]): void {
    for (const name of patterns.flatMap((pattern) => globSync(pattern, { cwd: folder }))) {
      const from = join(folder, name);
      if (statSync(from).isFile()) this.copy(join(path, name), from);
    }
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** Bytes of all files. */
  get bytes(): number {
    let bytes = 0;
    for (const file of this.#files.values())
      bytes += typeof file === 'object' && 'content' in file ? file.content.length : 0;
    return bytes;
  }

  /** The lines of a package's md5sums, as dpkg --verify reads them. */
  md5sums(): string {
    return this.#sorted()
      .flatMap(([path, file]) =>
        typeof file === 'object' && 'content' in file
          ? [`${createHash('md5').update(file.content).digest('hex')}  ${path}\n`]
          : [],
      )
      .join('');
  }

  /** The tree below `prefix` as a tar archive, folders included, all of them root's and of one time. */
  tar(prefix: string, mtime: number): Generator<Buffer> {
    const entries = new Map<string, TarEntry>();
    const addFolder = (path: string) => entries.set(path, { type: 'directory', path, mtime });
    addFolder(`${prefix}/`);
    for (const [path, file] of this.#sorted()) {
      const parts = path.split('/');
      for (let depth = 1; depth < parts.length; depth++)
        addFolder(`${prefix}/${parts.slice(0, depth).join('/')}/`);
      const whole = `${prefix}/${path}`;
      if (file === 'directory') addFolder(`${whole}/`);
      else if ('target' in file)
        entries.set(whole, { type: 'symlink', path: whole, target: file.target, mode: 0o777, mtime });
      else entries.set(whole, { type: 'file', path: whole, ...file, mtime });
    }
    // dpkg reads no PAX headers.
    for (const path of entries.keys()) if (path.length > 100) throw new RangeError(`${path} is too long`);
    return encodeTar([...entries.values()]);
  }

  #sorted(): [string, TreeFile][] {
    return [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
