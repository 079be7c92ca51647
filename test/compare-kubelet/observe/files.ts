// Trees of files on the node: kinds, modes, owners, link targets, and what is in small ones.
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';

/** More than any case makes. */
const mostFiles = 200;
const mostBytes = 512;

/** All that is below `top` by its path, but for paths that match `skip`; nothing when it is not there. */
export function fileTree(top: string, skip: RegExp = /^$/): Record<string, string> {
  const lines: Record<string, string> = {};
  let count = 0;
  const mounted = new Map(mountsBelow(top).map((each) => [each.mountPoint, each]));
  const walk = (path: string, name: string): void => {
    if (count >= mostFiles || (name !== '' && skip.test(name))) return;
    const stats = lstat(path);
    if (stats === undefined) return;
    const mount = mounted.get(path);
    const ofMount = mount ? ` mount:${mount.fstype}` : '';
    lines[name || '.'] = `${describe(path, stats)}${ofMount}`;
    count += 1;
    if (!stats.isDirectory()) return;
    for (const each of readdirSync(path).sort())
      walk(join(path, each), name === '' ? each : `${name}/${each}`);
  };
  walk(top, '');
  return lines;
}

function describe(path: string, stats: Stats): string {
  const owner = `${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid}`;
  if (stats.isDirectory()) return `folder ${owner}`;
  if (stats.isSymbolicLink()) return `link ${owner} -> ${readlinkSync(path)}`;
  if (!stats.isFile()) return `special ${owner}`;
  const content =
    stats.size <= mostBytes ? JSON.stringify(readFileSync(path, 'utf8')) : `${stats.size} bytes`;
  return `file ${owner} ${content}`;
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
