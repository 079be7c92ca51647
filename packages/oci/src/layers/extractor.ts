import * as fs from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/linux/errno.ts';
import { mknod, type SpecialFile } from '@berth/linux/mknod.ts';
import { printable, quoted } from '@berth/linux/printable.ts';
import { setXattr } from '@berth/linux/xattr.ts';
import { TarError, type TarHeader } from '../tar/entry.ts';
import { decodeFileName, encodeFileName as native } from '../tar/file-name.ts';
import type { TarHandler } from '../tar/reader.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';
import { layerPath, linkTarget, whiteout } from './layer-path.ts';

/** A directory of the layer that this process made and knows to be one, so no path through it needs a look at the disk. */
interface Directory {
  /** Below the layer's root, '' for itself. */
  relative: string;
  /** Absolute. */
  path: string;
  children: Map<string, Directory>;
  /** Names that the layers below have and this one removes. */
  whiteouts: Set<string>;
  /**
   * Hard links in it to files of the layers below, by name. Kept here so that they go when the directory does:
   * what takes its place may be a symbolic link, and they must not be made through that.
   */
  danglingLinks: Map<string, { target: string; order: number }>;
  /** Undefined until the archive has an entry for it. */
  mtime: number | undefined;
}

/** What an extracted layer needs of the layers below it. Paths are relative to the layer's root. */
export interface Unsettled {
  /** Directories that the archive has files in but no entry for; they take after the one below. */
  impliedDirectories: string[];
  /** Hard links to files of the layers below. */
  danglingLinks: { path: string; target: string }[];
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
const newFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const maxLinkDepth = 40;
const diskBlock = 4096;
/** Bytes of names in what is left to settle, which goes to another process and is kept there. */
const maxUnsettled = 8 * 1024 * 1024;

/**
 * Writes the entries of a layer's tar into an empty directory, in the form that overlayfs takes as a lower layer:
 * whiteouts become 0/0 character devices, opaque directories get `trusted.overlay.opaque`.
 *
 * Nothing is written outside the directory whatever the archive says. That rests on nobody else writing to it:
 * every directory on the way to a file is one that this object made, or is looked at with lstat first; symbolic
 * links on the way are followed by hand, and only inside. File system calls are synchronous: this is for a worker.
 */
export class LayerExtractor implements TarHandler {
  private readonly root: Directory;
  private readonly umask: number;
  private readonly maxFiles: number;
  private files = 0;
  private diskBlocks = 1;
  private unsettledBytes = 0;
  private file: { fd: number; path: string; header: TarHeader } | undefined;

  constructor(root: string, maxFiles: number) {
    this.root = directory('', root);
    this.maxFiles = maxFiles;
    this.umask = process.umask();
  }

  entry(header: TarHeader): void {
    try {
      this.count();
      this.place(header);
    } catch (error) {
      if (error instanceof LayerError || error instanceof TarError || !(error instanceof Error)) throw error;
      throw new LayerError(`${quoted(header.path)}: ${printable(error.message)}`, { cause: error });
    }
  }

  content(chunk: Buffer): void {
    if (!this.file) return;
    for (let written = 0; written < chunk.length; ) {
      written += fs.writeSync(this.file.fd, chunk, written);
    }
  }

  end(): void {
    if (!this.file) return;
    const { fd, path, header } = this.file;
    this.file = undefined;
    try {
      if (header.uid !== 0 || header.gid !== 0) fs.fchownSync(fd, header.uid, header.gid);
      // Creating it has set the plain bits already, and chown takes the special ones away.
      if (header.mode > 0o777 || (header.mode & this.umask) !== 0) fs.fchmodSync(fd, header.mode);
      this.setXattrs(path, header);
      fs.futimesSync(fd, header.mtime, header.mtime);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Closes what is open after a failure. */
  abandon(): void {
    if (this.file) fs.closeSync(this.file.fd);
    this.file = undefined;
  }

  /** Sets the times of directories, which had to wait for their contents, and tells what is left to settle. */
  finish(): Unsettled & { diskBytes: number; files: number } {
    const impliedDirectories: string[] = [];
    const links: { path: string; target: string; order: number }[] = [];
    const visit = (current: Directory) => {
      if (current.mtime === undefined) {
        this.countUnsettled(current.relative);
        impliedDirectories.push(current.relative);
      } else fs.utimesSync(native(current.path), current.mtime, current.mtime);
      for (const [name, link] of current.danglingLinks) links.push({ path: below(current, name), ...link });
      for (const child of current.children.values()) visit(child);
    };
    visit(this.root);
    // A link may lead to one that came before it.
    const danglingLinks = links
      .sort((a, b) => a.order - b.order)
      .map(({ path, target }) => ({ path, target }));
    return {
      impliedDirectories,
      danglingLinks,
      diskBytes: this.diskBlocks * diskBlock,
      files: this.files,
    };
  }

  /** Counts what takes an inode: entries, and directories that they only imply. */
  private count(): void {
    this.files += 1;
    if (this.files > this.maxFiles) {
      throw new LayerLimitError(
        'maxFiles',
        `more than ${this.maxFiles} files, the limit maxFiles of a layer`,
      );
    }
  }

  private countUnsettled(...names: string[]): void {
    for (const name of names) this.unsettledBytes += name.length;
    if (this.unsettledBytes > maxUnsettled) {
      throw new LayerError(
        'too many hard links to files of the layers below, or directories without an entry of their own',
      );
    }
  }

  private place(header: TarHeader): void {
    const components = layerPath(header.path);
    const name = components.pop();
    if (name === undefined) {
      if (header.type !== 'directory')
        throw new LayerError(`${quoted(header.path)} is not a name for a file`);
      this.setDirectory(this.root, header);
      return;
    }
    const parent = this.directory(components, 'make');
    if (!parent) return;
    const mark = whiteout(name);
    if (mark.kind === 'none') this.create(parent, name, header);
    else if (mark.kind === 'opaque') setOpaque(parent.path);
    else if (mark.kind === 'removed') this.remove(parent, mark.name);
  }

  private create(parent: Directory, name: string, header: TarHeader): void {
    const path = join(parent.path, name);
    switch (header.type) {
      case 'file':
        this.diskBlocks += Math.ceil(header.size / diskBlock);
        this.file = {
          fd: this.replacing(parent, name, () => fs.openSync(native(path), newFile, header.mode & 0o777)),
          path,
          header,
        };
        return;
      case 'directory':
        this.setDirectory(parent.children.get(name) ?? this.makeDirectory(parent, name), header);
        return;
      case 'hardlink':
        this.link(parent, name, header.target);
        return;
      case 'symlink':
        this.replacing(parent, name, () => fs.symlinkSync(native(header.target), native(path)));
        if (header.uid !== 0 || header.gid !== 0) fs.lchownSync(native(path), header.uid, header.gid);
        this.setXattrs(path, header);
        fs.lutimesSync(native(path), header.mtime, header.mtime);
        return;
      case 'character-device':
        this.makeNode(parent, name, header, { ...header, type: 'character' });
        return;
      case 'block-device':
        this.makeNode(parent, name, header, { ...header, type: 'block' });
        return;
      case 'fifo':
        this.makeNode(parent, name, header, { ...header, type: 'fifo' });
    }
  }

  private makeNode(parent: Directory, name: string, header: TarHeader, file: SpecialFile): void {
    const path = join(parent.path, name);
    this.replacing(parent, name, () => mknod(utf8(path), file));
    // A device node's owner changes nothing about its mode; only files lose their set-id bits.
    fs.lchownSync(native(path), header.uid, header.gid);
    this.setXattrs(path, header);
    fs.lutimesSync(native(path), header.mtime, header.mtime);
  }

  /** Runs `make`, which fails with EEXIST when there is something of that name, and then again without it. */
  private replacing<T>(parent: Directory, name: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    this.clear(parent, name);
    return make();
  }

  private clear(parent: Directory, name: string): void {
    const path = join(parent.path, name);
    if (parent.children.delete(name)) fs.rmSync(native(path), { recursive: true });
    else fs.rmSync(native(path), { force: true });
    parent.whiteouts.delete(name);
    parent.danglingLinks.delete(name);
  }

  private makeDirectory(parent: Directory, name: string): Directory {
    const path = join(parent.path, name);
    const wasRemoved = parent.whiteouts.has(name);
    this.replacing(parent, name, () => fs.mkdirSync(native(path), 0o755));
    this.diskBlocks += 1;
    if (wasRemoved) setOpaque(path);
    const made = directory(below(parent, name), path);
    parent.children.set(name, made);
    return made;
  }

  private setDirectory(target: Directory, header: TarHeader): void {
    fs.chownSync(native(target.path), header.uid, header.gid);
    fs.chmodSync(native(target.path), header.mode);
    this.setXattrs(target.path, header);
    target.mtime = header.mtime;
  }

  private link(parent: Directory, name: string, target: string): void {
    const path = join(parent.path, name);
    const components = layerPath(target);
    const base = components.pop();
    if (base === undefined) throw new LayerError(`hard link to ${quoted(target)}, which is a directory`);
    const source = this.directory(components, 'find');
    const sourcePath = source && join(source.path, base);
    if (sourcePath === path) return;
    if (sourcePath !== undefined && fs.lstatSync(native(sourcePath), { throwIfNoEntry: false })) {
      this.replacing(parent, name, () => fs.linkSync(native(sourcePath), native(path)));
      return;
    }
    this.clear(parent, name);
    const link = { target: [...components, base].join('/'), order: this.files };
    this.countUnsettled(below(parent, name), link.target);
    parent.danglingLinks.set(name, link);
  }

  private remove(parent: Directory, name: string): void {
    const child = parent.children.get(name);
    const path = join(parent.path, name);
    if (child) {
      setOpaque(child.path);
    } else if (!fs.lstatSync(native(path), { throwIfNoEntry: false })) {
      mknod(utf8(path), { type: 'character', major: 0, minor: 0, mode: 0 });
      parent.whiteouts.add(name);
    }
  }

  /**
   * The directory at a path. With `make`, what is missing on the way is made; with `find` the answer is then
   * undefined.
   */
  private directory(components: readonly string[], mode: 'make' | 'find', depth = 0): Directory | undefined {
    let current = this.root;
    for (const [index, name] of components.entries()) {
      const known = current.children.get(name);
      if (known) {
        current = known;
        continue;
      }
      const path = join(current.path, name);
      const found = fs.lstatSync(native(path), { throwIfNoEntry: false });
      if (found?.isSymbolicLink()) {
        if (depth === maxLinkDepth) throw new LayerError(`${quoted(name)}: too many symbolic links`);
        const link = below(current, name);
        const target = linkTarget(
          componentsOf(current),
          link,
          decodeFileName(fs.readlinkSync(native(path), 'buffer')),
        );
        return this.directory([...target, ...components.slice(index + 1)], mode, depth + 1);
      }
      if (mode === 'find') return undefined;
      if (found && !current.whiteouts.has(name)) {
        throw new LayerError(`${quoted(below(current, name))} is not a directory`);
      }
      this.count();
      current = this.makeDirectory(current, name);
    }
    return current;
  }

  private setXattrs(path: string, { xattrs }: TarHeader): void {
    for (const [name, value] of xattrs ?? []) {
      // What overlayfs keeps for itself is not for an image to set: it could redirect or hide other files.
      if (/^(?:trusted|user)\.overlay\./.test(name)) continue;
      try {
        setXattr(utf8(path), name, value);
      } catch (error) {
        // The file system has no such attributes; other runtimes go on without them, too.
        if (!hasCode(error, 'ENOTSUP', 'EOPNOTSUPP')) throw error;
      }
    }
  }
}

function directory(relative: string, path: string): Directory {
  return {
    relative,
    path,
    children: new Map(),
    whiteouts: new Set(),
    danglingLinks: new Map(),
    mtime: undefined,
  };
}

function below({ relative }: Directory, name: string): string {
  return relative === '' ? name : `${relative}/${name}`;
}

function componentsOf({ relative }: Directory): string[] {
  return relative === '' ? [] : relative.split('/');
}

function setOpaque(path: string): void {
  setXattr(utf8(path), 'trusted.overlay.opaque', Buffer.from('y'));
}

/** For calls that go around Node, which take no other names. */
function utf8(path: string): string {
  if (!path.isWellFormed()) throw new LayerError(`${quoted(path)} is not UTF-8, which is not supported here`);
  return path;
}
