// The files of a running container as a list, seen from the host.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { getXattr, listXattrs } from '@berth/linux/files/xattr.ts';

const maxHashed = 1024 * 1024;

/**
 * A line for each file of the process's root filesystem but busybox's links and those on mounts: type, mode, owner, size, times of what is
 * no directory, extended attributes, target of a link and hash of the content.
 */
export function rootfsListing(pid: number): string[] {
  const root = `/proc/${pid}/root`;
  const mountPoints = new Set(
    readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[4] ?? ''),
  );
  const lines: string[] = [];
  const walk = (path: Buffer) => {
    for (const name of readdirSync(Buffer.concat([Buffer.from(root), path]), { encoding: 'buffer' }).sort(
      Buffer.compare,
    )) {
      const below = Buffer.concat([path, Buffer.from('/'), name]);
      if (mountPoints.has(below.toString())) continue;
      const full = Buffer.concat([Buffer.from(root), below]);
      const stats = lstatSync(full, { throwIfNoEntry: false });
      if (stats === undefined) {
        // A whiteout in a folder that has nothing below it.
        lines.push(`${shownPath(below)} listed, but not there`);
        continue;
      }
      const line = `${shownPath(below)} ${described(full, stats)}`;
      if (!applet.test(line)) lines.push(line);
      if (stats.isDirectory()) walk(below);
    }
  };
  walk(Buffer.alloc(0));
  return lines;
}

/** What every image has of busybox. */
const applet = /^\/bin\/[a-z]+ link 777 0:0 -> busybox at 0$/;

/** Names that are not UTF-8 are told in hex. */
function shownPath(path: Buffer): string {
  const text = path.toString();
  return Buffer.from(text).equals(path) ? text : `hex:${path.toString('hex')}`;
}

const types: readonly [keyof Stats & `is${string}`, string][] = [
  ['isFile', 'file'],
  ['isDirectory', 'dir'],
  ['isSymbolicLink', 'link'],
  ['isFIFO', 'fifo'],
  ['isCharacterDevice', 'char'],
  ['isBlockDevice', 'block'],
  ['isSocket', 'socket'],
];

function described(path: Buffer, stats: Stats): string {
  const type = types.find(([is]) => stats[is]())?.[1] ?? '?';
  const words = [type, (stats.mode & 0o7777).toString(8), `${stats.uid}:${stats.gid}`];
  if (type === 'file') words.push(`${stats.size}B`, `${stats.nlink} names`);
  if (type === 'file' && stats.size <= maxHashed) {
    words.push(createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12));
  }
  if (type === 'link') words.push(`-> ${readlinkSync(path)}`);
  if (type === 'char' || type === 'block') words.push(`${stats.rdev >> 8},${stats.rdev & 0xff}`);
  if (type !== 'dir') words.push(`at ${Math.floor(stats.mtimeMs)}`);
  // The calls for attributes take text.
  const text = path.toString();
  if (Buffer.from(text).equals(path) && !stats.isSymbolicLink()) {
    for (const name of listXattrs(text).sort()) {
      if (!name.startsWith('trusted.overlay.'))
        words.push(`${name}=${getXattr(text, name)?.toString('hex')}`);
    }
  }
  return words.join(' ');
}

/** The listing of a folder of it. */
export function listingBelow(pid: number, folder: string): string[] {
  return rootfsListing(pid).filter((line) => line.startsWith(join('/', folder)));
}
