// Walks down and up a directory tree by open descriptors, safe against concurrent renames.
import { fstatSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { closeDescriptor } from '../syscall/libc.ts';
import { openChildDirectory } from './open-child.ts';

/** Open directories at most; those above are reopened on the way up. */
const maxOpen = 64;

const parentName = Buffer.from('..');

interface Level {
  readonly dev: bigint;
  readonly ino: bigint;
  descriptor: number | undefined;
}

/** A directory was moved during the walk, so that `..` no longer leads back. */
export class MovedError extends Error {
  override readonly name = 'MovedError';
}

/**
 * A position in a directory tree. It goes down and up by open directories, to any depth with a bounded number of
 * descriptors, and follows no symbolic link, even when another process replaces directories meanwhile.
 */
export class DirectoryDescent implements Disposable {
  readonly #levels: Level[] = [];
  readonly #mounts: 'enter' | 'skip';

  /** @param descriptor of the top, owned by this object from now on */
  constructor(descriptor: number, mounts: 'enter' | 'skip') {
    this.#mounts = mounts;
    this.#levels.push(levelOf(descriptor));
  }

  /** The current directory. */
  get descriptor(): number {
    const descriptor = this.#levels.at(-1)?.descriptor;
    if (descriptor === undefined) throw new Error('the top of the tree was left');
    return descriptor;
  }

  /** The depth of the current directory; 1 at the top. */
  get depth(): number {
    return this.#levels.length;
  }

  /** Enters a subdirectory. False when there is none of that name, or it is a mount and mounts are skipped. */
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
   * Returns to the parent directory.
   * @throws MovedError when the current directory was moved elsewhere
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
