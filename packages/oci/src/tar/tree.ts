// Encodes a directory tree as a tar, for checkpoints and for layers of images.
import type { Stats } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { getXattr, listXattrs } from '@berth/linux/files/xattr.ts';
import { padding, type TarAttributes, type TarEntry } from './entry.ts';
import { decodeFileName, encodeFileName as native } from './file-name.ts';
import { isOpaque, isWhiteout } from './overlay-marks.ts';
import { encodeHeader } from './writer.ts';

const chunkBytes = 1024 * 1024;
const sIfmt = 0o170000;

/**
 * Encodes the tree below a directory as tar entries, sorted by name, without the end blocks. Omits sockets, paths for
 * which `skip` returns true, and overlayfs's own attributes.
 *
 * @param prefix of each path, such as `checkpoint/`
 * @param skip called with the path below the directory
 * @param form `layer` writes whiteouts and opaque directories as the OCI image specification has them in a layer, and
 *   leaves out the labels of SELinux, which are the machine's
 */
export async function* tarOfTree(
  directory: string,
  {
    prefix = '',
    skip = () => false,
    form = 'tree',
  }: { prefix?: string; skip?: (path: string, stats: Stats) => boolean; form?: 'tree' | 'layer' } = {},
): AsyncGenerator<Buffer> {
  yield* entriesBelow({ directory, prefix, skip, isLayer: form === 'layer', links: new Map() }, '');
}

interface Walk {
  readonly directory: string;
  readonly prefix: string;
  readonly skip: (path: string, stats: Stats) => boolean;
  readonly isLayer: boolean;
  /** The first path of files with several hard links, by inode. */
  readonly links: Map<string, string>;
}

async function* entriesBelow(walk: Walk, below: string): AsyncGenerator<Buffer> {
  const names = await readdir(native(join(walk.directory, below)), { encoding: 'buffer' });
  for (const name of names.map(decodeFileName).sort()) {
    const path = join(below, name);
    const stats = await lstat(native(join(walk.directory, path)));
    if (stats.isSocket() || walk.skip(path, stats)) continue;
    if (walk.isLayer && isWhiteout(stats)) {
      yield* mark(walk.prefix + join(below, `.wh.${name}`));
      continue;
    }
    yield* entry(walk, path, stats);
    if (!stats.isDirectory()) continue;
    if (walk.isLayer && isOpaque(join(walk.directory, path)))
      yield* mark(walk.prefix + join(path, '.wh..wh..opq'));
    yield* entriesBelow(walk, path);
  }
}

/** The empty file that marks a deletion in a layer. */
function mark(path: string): Generator<Buffer> {
  return encodeHeader({ type: 'file', path, content: '' }, 0);
}

async function* entry(walk: Walk, path: string, stats: Stats): AsyncGenerator<Buffer> {
  const file = join(walk.directory, path);
  const attributes = attributesOf(walk, walk.prefix + path, file, stats);
  const inode = `${stats.dev}:${stats.ino}`;
  const first = walk.links.get(inode);
  if (first !== undefined) {
    yield* encodeHeader({ ...attributes, type: 'hardlink', target: first }, 0);
    return;
  }
  if (stats.nlink > 1 && !stats.isDirectory()) walk.links.set(inode, walk.prefix + path);
  if (!stats.isFile()) {
    yield* encodeHeader(await specialEntry(attributes, file, stats), 0);
    return;
  }
  yield* encodeHeader({ ...attributes, type: 'file', content: '' }, stats.size);
  yield* contentOf(file, stats.size);
  yield Buffer.alloc(padding(stats.size));
}

/** Reads exactly `size` bytes, as in the header. Throws for a file that was truncated meanwhile. */
async function* contentOf(file: string, size: number): AsyncGenerator<Buffer> {
  await using handle = await open(native(file), 'r');
  for (let at = 0; at < size; ) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(Math.min(chunkBytes, size - at)),
      0,
      Math.min(chunkBytes, size - at),
      at,
    );
    if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function specialEntry(attributes: TarAttributes, file: string, stats: Stats): Promise<TarEntry> {
  if (stats.isDirectory()) return { ...attributes, path: `${attributes.path}/`, type: 'directory' };
  if (stats.isSymbolicLink())
    return { ...attributes, type: 'symlink', target: decodeFileName(await readlink(native(file), 'buffer')) };
  if (stats.isFIFO()) return { ...attributes, type: 'fifo' };
  return {
    ...attributes,
    type: stats.isCharacterDevice() ? 'character-device' : 'block-device',
    // The encoding of st_rdev in stat(2).
    major: Math.floor(stats.rdev / 2 ** 32) * 4096 + ((stats.rdev >>> 8) & 0xfff),
    minor: (stats.rdev & 0xff) | ((stats.rdev >>> 12) & 0xfff00),
  };
}

function attributesOf({ isLayer }: Walk, path: string, file: string, stats: Stats): TarAttributes {
  const xattrs = new Map<string, Buffer>();
  for (const name of listXattrs(native(file))) {
    const isForeign = name.startsWith('trusted.overlay.') || (isLayer && name === 'security.selinux');
    const value = isForeign ? undefined : getXattr(native(file), name);
    if (value !== undefined) xattrs.set(name, value);
  }
  return {
    path,
    mode: stats.mode & ~sIfmt,
    uid: stats.uid,
    gid: stats.gid,
    mtime: stats.mtimeMs / 1000,
    ...(xattrs.size > 0 ? { xattrs } : {}),
  };
}
