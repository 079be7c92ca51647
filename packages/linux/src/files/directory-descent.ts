import { fstatSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { closeDescriptor } from '../syscall/libc.ts';
import { openChildDirectory } from './open-child.ts';

/** How many directories are open at most; those above are opened again on the way back. */
const maxOpen = 64;

const parentName = Buffer.from('..');

interface Level {
  readonly dev: bigint;
  readonly ino: bigint;
  descriptor: number | undefined;
}

/** A directory was moved while what is below it was walked, so that there is no way back. */
export class MovedError extends Error {
  override readonly name = 'MovedError';
}

/**
 * Goes down a tree and up again by open directories: as deep as it may be, with a few open files, and through no
 * symbolic link whatever is exchanged meanwhile.
 */
export class DirectoryDescent implements Disposable {
  readonly #levels: Level[] = [];
  readonly #mounts: 'enter' | 'skip';

  /** @param descriptor the top's, which is closed with this */
  constructor(descriptor: number, mounts: 'enter' | 'skip') {
    this.#mounts = mounts;
    this.#levels.push(levelOf(descriptor));
  }

  /** Of the directory that this is at. */
  get descriptor(): number {
    const descriptor = this.#levels.at(-1)?.descriptor;
    if (descriptor === undefined) throw new Error('the top of the tree was left');
    return descriptor;
  }

  /** How many directories down this is; 1 at the top. */
  get depth(): number {
    return this.#levels.length;
  }

  /** Goes down to a directory in this one. False when there is none of that name, or a mount that is skipped. */
  enter(name: Buffer): boolean {
    let descriptor: number;
    try {
      descriptor = openChildDirectory(this.descriptor, name, this.#mounts);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV')) return false;
      throw error;
    }
    this.#levels.push(levelOf(descriptor));
    const old = this.#levels.at(-1 - maxOpen);
    if (old?.descriptor !== undefined) {
      closeDescriptor(old.descriptor);
      old.descriptor = undefined;
    }
    return true;
  }

  /**
   * Goes up to the directory above.
   * @throws MovedError when it is not above this one any more
   */
  leave(): void {
    const parent = this.#levels.at(-2);
    if (parent !== undefined && parent.descriptor === undefined) {
      const descriptor = openChildDirectory(this.descriptor, parentName, this.#mounts);
      const found = levelOf(descriptor);
      if (found.dev !== parent.dev || found.ino !== parent.ino) {
        closeDescriptor(descriptor);
        throw new MovedError('a directory was moved while it was walked');
      }
      parent.descriptor = descriptor;
    }
    closeDescriptor(this.descriptor);
    this.#levels.pop();
  }

  [Symbol.dispose](): void {
    for (const { descriptor } of this.#levels) if (descriptor !== undefined) closeDescriptor(descriptor);
    this.#levels.length = 0;
  }
}

function levelOf(descriptor: number): Level {
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return { dev, ino, descriptor };
}
