// Where else the mount table has what is at a path. Pure.
import { join } from 'node:path';
import { type MountInfo, mountWithPath } from '@berth/linux/mounts/mountinfo.ts';

type Mount = Pick<MountInfo, 'id' | 'device' | 'root' | 'mountPoint'>;

/**
 * The mount points of all other mounts of the directory at `path`, a path without symbolic links: of the file system that is
 * mounted there, or of this directory of the file system that it is on. Throws when no mount has the path.
 */
export function mountRefs(table: readonly Mount[], path: string): string[] {
  const own = mountWithPath(table, path);
  if (!own) throw new Error(`no mount has the path ${path}`);
  const root = join(own.root, path.slice(own.mountPoint.length));
  return table
    .filter((mount) => mount.id !== own.id && mount.device === own.device && mount.root === root)
    .map(({ mountPoint }) => mountPoint);
}
