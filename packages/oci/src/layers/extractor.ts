import * as fs from 'node:fs';
import { join } from 'node:path';
import { printable, quoted } from '@berth/common/printable.ts';
import { mknod, type SpecialFile } from '@berth/linux/files/mknod.ts';
import { setXattr } from '@berth/linux/files/xattr.ts';
import { hasCode } from '@berth/linux/syscall/errno.ts';
import { TarError, type TarHeader } from '../tar/entry.ts';
import { decodeFileName, encodeFileName as native } from '../tar/file-name.ts';
import type { TarHandler } from '../tar/reader.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';
import { layerPath, linkSteps, whiteout } from './layer-path.ts';

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
/** Symbolic links on the way to one entry; containerd has this limit. */
const maxLinks = 255;
const diskBlock = 4096;
/** Bytes of names in what is left to settle, which goes to another process and is kept there. */
const maxUnsettled = 8 * 1024 * 1024;

/**
 * Writes the entries of a layer's tar into an empty directory, in the form that overlayfs takes as a lower layer:
 * whiteouts become 0/0 character devices, opaque directories get `trusted.overlay.opaque`.
 *
 * Nothing is written outside the directory whatever the archive says. That rests on nobody else writing to it:
 * every directory on the way to a file is one that this object made, or is looked at with lstat first; symbolic
 * links on the way are followed by hand, with the layer as their root. File system calls are synchronous: this is for
 * a worker.
 */
export class LayerExtractor implements TarHandler {
  private readonly root: Directory;
  private readonly umask: number;
  private readonly maxFiles: number;
  private files = 0;
  private diskBlocks = 1;
  private unsettledBytes = 0;
  private file:
    | { fd: number; path: string; header: TarHeader; position: number; endsInHole: boolean }
    | undefined;
  /** Bytes of zeros that sparse files have besides what the archive has of them. */
  holeBytes = 0;

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
    this.file.endsInHole = false;
    for (let written = 0; written < chunk.length; ) {
      const bytes = fs.writeSync(this.file.fd, chunk, written, chunk.length - written, this.file.position);
      this.file.position += bytes;
      written += bytes;
    }
  }

  hole(bytes: number): void {
    if (!this.file) return;
    this.file.position += bytes;
    this.file.endsInHole = true;
    this.holeBytes += bytes;
  }

  end(): void {
    if (!this.file) return;
    const { fd, path, header, position, endsInHole } = this.file;
    this.file = undefined;
    try {
      if (endsInHole) fs.ftruncateSync(fd, position);
      if (header.uid !== 0 || header.gid !== 0) fs.fchownSync(fd, header.uid, header.gid);
      // Creating it has set the plain bits already, and chown takes the special ones away.
      if (header.mode > 0o777 || (header.mode & this.umask) !== 0) fs.fchmodSync(fd, header.mode);
      this.setXattrs(path, header);
      const mtime = timeOf(header);
      fs.futimesSync(fd, mtime, mtime);
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
      // Anything else that calls itself the root is passed over, as by other runtimes.
      if (header.type === 'directory') this.setDirectory(this.root, header);
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
          position: 0,
          endsInHole: false,
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
        this.setTime(path, header);
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
    if ('major' in file && [file.major, file.minor].some((number) => number < 0 || number > 0xffffffff)) {
      throw new LayerError(
        `${quoted(header.path)}: ${file.major}:${file.minor} is not the number of a device`,
      );
    }
    this.replacing(parent, name, () => mknod(native(path), file));
    // A device node's owner changes nothing about its mode; only files lose their set-id bits.
    fs.lchownSync(native(path), header.uid, header.gid);
    this.setXattrs(path, header);
    this.setTime(path, header);
  }

  private setTime(path: string, header: TarHeader): void {
    const mtime = timeOf(header);
    fs.lutimesSync(native(path), mtime, mtime);
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
    target.mtime = timeOf(header);
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
      mknod(native(path), { type: 'character', major: 0, minor: 0, mode: 0 });
      parent.whiteouts.add(name);
    }
  }

  /**
   * The directory at a path. With `make`, what is missing on the way is made; with `find` the answer is then
   * undefined.
   */
  private directory(components: readonly string[], mode: 'make' | 'find'): Directory | undefined {
    let current = this.root;
    for (const name of components) {
      const known = current.children.get(name);
      if (!known) return this.unknownDirectory(this.resolve(components), mode);
      current = known;
    }
    return current;
  }

  /** As `directory`, for a path that is free of links. */
  private unknownDirectory(components: readonly string[], mode: 'make' | 'find'): Directory | undefined {
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
        throw new LayerError(`${quoted(below(current, name))} is not a directory`);
      }
      this.count();
      current = this.makeDirectory(current, name);
    }
    return current;
  }

  /**
   * Where a path leads when the symbolic links on its way are followed as in a container that has this layer for its
   * root: `/` is the layer's, and `..` does not leave it. What does not exist yet is taken for a directory.
   */
  private resolve(components: readonly string[]): string[] {
    const pending = components.toReversed();
    let place: { name: string; known: Directory | undefined }[] = [];
    let links = 0;
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '..') {
        place.pop();
        continue;
      }
      const last = place.at(-1);
      const known = (last ? last.known : this.root)?.children.get(name);
      const path = join(this.root.path, ...place.map((each) => each.name), name);
      const isLink =
        !known && fs.lstatSync(native(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
      if (!isLink) {
        place.push({ name, known });
        continue;
      }
      links += 1;
      if (links > maxLinks) throw new LayerError(`${quoted(name)}: too many symbolic links`);
      const target = decodeFileName(fs.readlinkSync(native(path), 'buffer'));
      if (target.startsWith('/')) place = [];
      pending.push(...linkSteps(target).toReversed());
    }
    return place.map(({ name }) => name);
  }

  private setXattrs(path: string, { type, xattrs }: TarHeader): void {
    for (const [name, value] of xattrs ?? []) {
      // What overlayfs keeps for itself is not for an image to set: it could redirect or hide other files. No runtime
      // sets others of `trusted`.
      if (/^(?:trusted|user\.overlay)\./.test(name)) continue;
      try {
        setXattr(native(path), name, value);
      } catch (error) {
        // Attributes of users are for files and directories only.
        const isForFiles = name.startsWith('user.') && type !== 'file' && type !== 'directory';
        if (isForFiles && hasCode(error, 'EPERM')) continue;
        // The file system has no such attributes; other runtimes go on without them, too.
        if (!hasCode(error, 'ENOTSUP', 'EOPNOTSUPP')) throw error;
      }
    }
  }
}

/** Seconds since 1970, or 0 for a time before and for one that 64 bits of nanoseconds do not hold, as containerd has it. */
function timeOf({ mtime }: TarHeader): number {
  return mtime >= 0 && mtime < 2 ** 63 / 1e9 ? mtime : 0;
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

function setOpaque(path: string): void {
  setXattr(native(path), 'trusted.overlay.opaque', Buffer.from('y'));
}
