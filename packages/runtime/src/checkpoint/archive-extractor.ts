import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TarHeader } from '@berth/oci/tar/entry.ts';
import type { TarHandler } from '@berth/oci/tar/reader.ts';
import { imageDirectory, takenFiles } from './files.ts';
import { isImageFile, isRefusedFile } from './image-files.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** Bytes of a sparse file's hole that are written at a time. */
const maxZeros = 1024 * 1024;

export interface ArchiveLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/**
 * Extracts the files of a checkpoint archive that a restore needs into an empty directory. Archives are untrusted:
 * links, devices, FIFOs and files that criu must not get are refused. Other files are skipped.
 */
export class ArchiveExtractor implements TarHandler {
  readonly #directory: string;
  readonly #limits: ArchiveLimits;
  readonly #written = new Set<string>();
  #entries = 0;
  #bytes = 0;
  #file: number | undefined;

  constructor(directory: string, limits: ArchiveLimits) {
    this.#directory = directory;
    this.#limits = limits;
    mkdirSync(join(directory, imageDirectory), { mode: 0o700 });
  }

  entry(header: TarHeader): void {
    const { maxBytes, maxFiles } = this.#limits;
    this.#entries += 1;
    if (this.#entries > maxFiles) throw new Error(`it has more than ${maxFiles} files (image.maxLayerFiles)`);
    const name = header.path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
    if (header.type === 'directory') return;
    if (header.type !== 'file') throw new Error(`${JSON.stringify(name)} is a ${header.type}`);
    if (!isTaken(name)) return;
    this.#bytes += header.size;
    if (this.#bytes > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes (image.maxLayerBytes)`);
    if (this.#written.has(name)) throw new Error(`it has ${name} twice`);
    this.#written.add(name);
    const path = join(this.#directory, name);
    this.#file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  }

  content(chunk: Buffer): void {
    if (this.#file === undefined) return;
    for (let written = 0; written < chunk.length; ) written += writeSync(this.#file, chunk, written);
  }

  hole(bytes: number): void {
    if (this.#file === undefined) return;
    // Limited by the size in the entry's header.
    const zeros = Buffer.alloc(Math.min(bytes, maxZeros));
    for (let left = bytes; left > 0; left -= zeros.length) this.content(zeros.subarray(0, left));
  }

  end(): void {
    this.abandon();
  }

  /** Closes the file that is being written, if any. */
  abandon(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** Whether a restore needs a file of an archive. Throws for a forbidden one. */
function isTaken(name: string): boolean {
  const [directory, file, ...rest] = name.split('/');
  if (directory === imageDirectory && file !== undefined && rest.length === 0) {
    if (isRefusedFile(file)) throw new Error(`${name} is not of a container's checkpoint`);
    return isImageFile(file);
  }
  return takenFiles.includes(name);
}
