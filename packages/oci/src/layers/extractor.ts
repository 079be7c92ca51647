// Writes the entries of a layer's tar to disk.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { printable, quoted } from '@berth/common/printable.ts';
import { mknod, type SpecialFile } from '@berth/linux/files/mknod.ts';
import { TarError, type TarHeader } from '../tar/entry.ts';
import { encodeFileName as native } from '../tar/file-name.ts';
import type { TarHandler } from '../tar/reader.ts';
import { setOpaque, setXattrs, timeOf } from './attributes.ts';
import { type Directory, DirectoryTree, pathIn } from './directory-tree.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';
import { layerPath, whiteout } from './layer-path.ts';
import type { ParentReferences } from './parent-layers.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
const newFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const diskBlock = 4096;
/** Bytes of names in the ParentReferences, which another process receives and keeps. */
const maxReferenceBytes = 8 * 1024 * 1024;

/**
 * Writes the entries of a layer's tar into an empty directory, in the form of an overlayfs lower layer:
 * whiteouts become 0/0 character devices, opaque directories get `trusted.overlay.opaque`.
 *
 * Whatever the archive contains, nothing is written outside the directory (see DirectoryTree), as long as no other
 * process writes to it. File system calls are synchronous: run it in a worker.
 */
export class LayerExtractor implements TarHandler {
  readonly #tree: DirectoryTree;
  readonly #umask: number;
  readonly #maxFiles: number;
  #files = 0;
  #fileBlocks = 0;
  #referenceBytes = 0;
  #file: { fd: number; path: string; header: TarHeader; position: number; endsInHole: boolean } | undefined;
  /** Bytes of holes in sparse files, which are not in the archive. */
  holeBytes = 0;

  constructor(root: string, maxFiles: number) {
    this.#tree = new DirectoryTree(root, () => this.#countInode());
    this.#maxFiles = maxFiles;
    this.#umask = process.umask();
  }

  entry(header: TarHeader): void {
    try {
      this.#countInode();
      this.#place(header);
    } catch (error) {
      if (error instanceof LayerError || error instanceof TarError || !(error instanceof Error)) throw error;
      throw new LayerError(`${quoted(header.path)}: ${printable(error.message)}`, { cause: error });
    }
  }

  content(chunk: Buffer): void {
    if (!this.#file) return;
    this.#file.endsInHole = false;
    for (let written = 0; written < chunk.length; ) {
      const bytes = fs.writeSync(this.#file.fd, chunk, written, chunk.length - written, this.#file.position);
      this.#file.position += bytes;
      written += bytes;
    }
  }

  hole(bytes: number): void {
    if (!this.#file) return;
    this.#file.position += bytes;
    this.#file.endsInHole = true;
    this.holeBytes += bytes;
  }

  end(): void {
    if (!this.#file) return;
    const { fd, path, header, position, endsInHole } = this.#file;
    this.#file = undefined;
    try {
      if (endsInHole) fs.ftruncateSync(fd, position);
      if (header.uid !== 0 || header.gid !== 0) fs.fchownSync(fd, header.uid, header.gid);
      // open(2) has set the permission bits within the umask; fchown(2) clears the set-id bits.
      if (header.mode > 0o777 || (header.mode & this.#umask) !== 0) fs.fchmodSync(fd, header.mode);
      setXattrs(path, header);
      const mtime = timeOf(header);
      fs.futimesSync(fd, mtime, mtime);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Closes the open file after a failure. */
  abandon(): void {
    if (this.#file) fs.closeSync(this.#file.fd);
    this.#file = undefined;
  }

  /** Sets the times of directories, which their contents would change, and returns what refers to parent layers. */
  finish(): ParentReferences & { diskBytes: number; files: number } {
    const impliedDirectories: string[] = [];
    const links: { path: string; target: string; order: number }[] = [];
    const visit = (current: Directory) => {
      if (current.mtime === undefined) {
        this.#countReference(current.relative);
        impliedDirectories.push(current.relative);
      } else fs.utimesSync(native(current.path), current.mtime, current.mtime);
      for (const [name, link] of current.danglingLinks) links.push({ path: pathIn(current, name), ...link });
      for (const child of current.children.values()) visit(child);
    };
    visit(this.#tree.root);
    // A link's target may be an earlier link.
    const danglingLinks = links
      .sort((a, b) => a.order - b.order)
      .map(({ path, target }) => ({ path, target }));
    return {
      impliedDirectories,
      danglingLinks,
      diskBytes: (1 + this.#tree.made + this.#fileBlocks) * diskBlock,
      files: this.#files,
    };
  }

  /** Counts an inode: of an entry, or of a directory without one. */
  #countInode(): void {
    this.#files += 1;
    if (this.#files > this.#maxFiles) {
      throw new LayerLimitError(
        'maxFiles',
        `more than ${this.#maxFiles} files, the limit maxFiles of a layer`,
      );
    }
  }

  #countReference(...names: string[]): void {
    for (const name of names) this.#referenceBytes += name.length;
    if (this.#referenceBytes > maxReferenceBytes) {
      throw new LayerError(
        'too many hard links to files of the layers below, or directories without an entry of their own',
      );
    }
  }

  #place(header: TarHeader): void {
    const components = layerPath(header.path);
    const name = components.pop();
    if (name === undefined) {
      // An entry for the root that is not a directory is ignored, as by other runtimes.
      if (header.type === 'directory') this.#setDirectory(this.#tree.root, header);
      return;
    }
    const parent = this.#tree.findOrMake(components);
    if (!parent) return;
    const mark = whiteout(name);
    if (mark.kind === 'none') this.#create(parent, name, header);
    else if (mark.kind === 'opaque') setOpaque(parent.path);
    else if (mark.kind === 'removed') this.#whiteOut(parent, mark.name);
  }

  #create(parent: Directory, name: string, header: TarHeader): void {
    const path = join(parent.path, name);
    switch (header.type) {
      case 'file':
        this.#fileBlocks += Math.ceil(header.size / diskBlock);
        this.#file = {
          fd: this.#tree.replace(parent, name, () => fs.openSync(native(path), newFile, header.mode & 0o777)),
          path,
          header,
          position: 0,
          endsInHole: false,
        };
        return;
      case 'directory':
        this.#setDirectory(parent.children.get(name) ?? this.#tree.make(parent, name), header);
        return;
      case 'hardlink':
        this.#link(parent, name, header.target);
        return;
      case 'symlink':
        this.#tree.replace(parent, name, () => fs.symlinkSync(native(header.target), native(path)));
        if (header.uid !== 0 || header.gid !== 0) fs.lchownSync(native(path), header.uid, header.gid);
        setXattrs(path, header);
        this.#setTime(path, header);
        return;
      case 'character-device':
        this.#makeNode(parent, name, header, { ...header, type: 'character' });
        return;
      case 'block-device':
        this.#makeNode(parent, name, header, { ...header, type: 'block' });
        return;
      case 'fifo':
        this.#makeNode(parent, name, header, { ...header, type: 'fifo' });
    }
  }

  #makeNode(parent: Directory, name: string, header: TarHeader, file: SpecialFile): void {
    const path = join(parent.path, name);
    if ('major' in file && [file.major, file.minor].some((number) => number < 0 || number > 0xffffffff)) {
      throw new LayerError(
        `${quoted(header.path)}: ${file.major}:${file.minor} is not the number of a device`,
      );
    }
    this.#tree.replace(parent, name, () => mknod(native(path), file));
    // chown(2) clears the set-id bits of files only, so the mode stays.
    fs.lchownSync(native(path), header.uid, header.gid);
    setXattrs(path, header);
    this.#setTime(path, header);
  }

  #setTime(path: string, header: TarHeader): void {
    const mtime = timeOf(header);
    fs.lutimesSync(native(path), mtime, mtime);
  }

  #setDirectory(target: Directory, header: TarHeader): void {
    fs.chownSync(native(target.path), header.uid, header.gid);
    fs.chmodSync(native(target.path), header.mode);
    setXattrs(target.path, header);
    target.mtime = timeOf(header);
  }

  #link(parent: Directory, name: string, target: string): void {
    const path = join(parent.path, name);
    const components = layerPath(target);
    const base = components.pop();
    if (base === undefined) throw new LayerError(`hard link to ${quoted(target)}, which is a directory`);
    const source = this.#tree.find(components);
    const sourcePath = source && join(source.path, base);
    if (sourcePath === path) return;
    if (sourcePath !== undefined && fs.lstatSync(native(sourcePath), { throwIfNoEntry: false })) {
      this.#tree.replace(parent, name, () => fs.linkSync(native(sourcePath), native(path)));
      return;
    }
    this.#tree.remove(parent, name);
    const link = { target: [...components, base].join('/'), order: this.#files };
    this.#countReference(pathIn(parent, name), link.target);
    parent.danglingLinks.set(name, link);
  }

  /** Removes a name of the layers below: a child of this layer's own becomes opaque instead. */
  #whiteOut(parent: Directory, name: string): void {
    const child = parent.children.get(name);
    const path = join(parent.path, name);
    if (child) {
      setOpaque(child.path);
    } else if (!fs.lstatSync(native(path), { throwIfNoEntry: false })) {
      mknod(native(path), { type: 'character', major: 0, minor: 0, mode: 0 });
      parent.whiteouts.add(name);
    }
  }
}
