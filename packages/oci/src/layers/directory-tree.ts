// The directories of a layer while it is unpacked.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { quoted } from '@berth/common/printable.ts';
import { decodeFileName, encodeFileName as native } from '../tar/file-name.ts';
import { setOpaque } from './attributes.ts';
import { LayerError } from './layer-error.ts';
import { linkSteps } from './layer-path.ts';

/** A directory that this process made, so a path through it needs no lstat(2). */
export interface Directory {
  /** Path below the layer's root, '' for the root. */
  relative: string;
  /** Absolute path. */
  path: string;
  children: Map<string, Directory>;
  /** Names that this layer removes from the layers below. */
  whiteouts: Set<string>;
  /**
   * Hard links in this directory to files of the layers below, by name. They are kept here so that they disappear
   * with the directory: a symbolic link may take its place, and a hard link must not be made through that.
   */
  danglingLinks: Map<string, { target: string; order: number }>;
  /** Undefined until the archive has an entry for the directory. */
  mtime: number | undefined;
}

/** Symbolic links on the way to one entry; containerd has the same limit. */
const maxLinks = 255;

/**
 * Finds and makes directories below the layer's root, and never follows a symbolic link out of it: every directory on
 * a path was made by this object or is checked with lstat(2), and links are resolved here with the layer as root.
 */
export class DirectoryTree {
  readonly root: Directory;
  /** Directories made so far. */
  made = 0;
  readonly #countInode: () => void;

  /** @param countInode called for each directory that the archive has no entry for; throws at the limit of inodes */
  constructor(root: string, countInode: () => void) {
    this.root = newDirectory('', root);
    this.#countInode = countInode;
  }

  /** The directory at a path, undefined when it does not exist. */
  find(components: readonly string[]): Directory | undefined {
    return this.#walk(components, 'find');
  }

  /** The directory at a path; makes it, and those above it, when they do not exist. */
  findOrMake(components: readonly string[]): Directory | undefined {
    return this.#walk(components, 'make');
  }

  make(parent: Directory, name: string): Directory {
    const path = join(parent.path, name);
    const wasRemoved = parent.whiteouts.has(name);
    this.replace(parent, name, () => fs.mkdirSync(native(path), 0o755));
    this.made += 1;
    if (wasRemoved) setOpaque(path);
    const made = newDirectory(pathIn(parent, name), path);
    parent.children.set(name, made);
    return made;
  }

  /** Calls `make`; when that fails with EEXIST, removes what has the name and calls it again. */
  replace<T>(parent: Directory, name: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    this.remove(parent, name);
    return make();
  }

  /** Removes what has this name, if anything does. */
  remove(parent: Directory, name: string): void {
    const path = join(parent.path, name);
    if (parent.children.delete(name)) fs.rmSync(native(path), { recursive: true });
    else fs.rmSync(native(path), { force: true });
    parent.whiteouts.delete(name);
    parent.danglingLinks.delete(name);
  }

  #walk(components: readonly string[], mode: 'make' | 'find'): Directory | undefined {
    let current = this.root;
    for (const name of components) {
      const known = current.children.get(name);
      if (!known) return this.#walkResolved(this.#resolveLinks(components), mode);
      current = known;
    }
    return current;
  }

  /** As #walk, for a path without symbolic links. */
  #walkResolved(components: readonly string[], mode: 'make' | 'find'): Directory | undefined {
    let current = this.root;
    for (const name of components) {
      const known = current.children.get(name);
      if (known) {
        current = known;
        continue;
      }
      if (mode === 'find') return undefined;
      const found = fs.lstatSync(native(join(current.path, name)), { throwIfNoEntry: false });
      if (found && !current.whiteouts.has(name)) {
        throw new LayerError(`${quoted(pathIn(current, name))} is not a directory`);
      }
      this.#countInode();
      current = this.make(current, name);
    }
    return current;
  }

  /**
   * Resolves the symbolic links on a path as in a container with this layer as its root: `/` is the layer's root, and
   * `..` does not leave it. A component that does not exist yet counts as a directory.
   */
  #resolveLinks(components: readonly string[]): string[] {
    const pending = components.toReversed();
    let resolved: { name: string; known: Directory | undefined }[] = [];
    let links = 0;
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '..') {
        resolved.pop();
        continue;
      }
      const last = resolved.at(-1);
      const known = (last ? last.known : this.root)?.children.get(name);
      const path = join(this.root.path, ...resolved.map((each) => each.name), name);
      const isLink =
        !known && fs.lstatSync(native(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
      if (!isLink) {
        resolved.push({ name, known });
        continue;
      }
      links += 1;
      if (links > maxLinks) throw new LayerError(`${quoted(name)}: too many symbolic links`);
      const target = decodeFileName(fs.readlinkSync(native(path), 'buffer'));
      if (target.startsWith('/')) resolved = [];
      pending.push(...linkSteps(target).toReversed());
    }
    return resolved.map(({ name }) => name);
  }
}

/** The path of `name` in a directory, below the layer's root. */
export function pathIn({ relative }: Directory, name: string): string {
  return relative === '' ? name : `${relative}/${name}`;
}

function newDirectory(relative: string, path: string): Directory {
  return {
    relative,
    path,
    children: new Map(),
    whiteouts: new Set(),
    danglingLinks: new Map(),
    mtime: undefined,
  };
}
