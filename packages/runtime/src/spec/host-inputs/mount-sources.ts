// Resolves host paths of mounts and the properties of the host mount that contains each.

import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { makeDirectories } from '@berth/common/files/directories.ts';
import type { Mount } from '@berth/cri/generated/api.ts';
import { type MountInfo, parseMountInfo } from '@berth/linux/mounts/mountinfo.ts';
import { invalid } from '../../rpc/errors.ts';
import type { MountSource, Restriction } from '../input.ts';

const restrictionFlags: readonly Restriction[] = ['nosuid', 'nodev', 'noexec'];

/**
 * Resolves the host paths of a request's mounts. Creates a missing path as a directory, as every runtime does, so
 * that hostPath volumes without a type work.
 */
export async function lookUpMountSources(
  requests: readonly Mount[],
  table: Promise<MountTable>,
): Promise<MountSource[]> {
  const paths = await Promise.all(
    requests.map(({ hostPath, image }, index) =>
      // Images are mounted later (container/image-volumes.ts).
      image !== undefined && image.image !== ''
        ? undefined
        : resolveHostPath(hostPath, `config.mounts[${index}].host_path`),
    ),
  );
  const mounts = await table;
  return paths.map((path, index) => {
    const image = { path: requests[index]?.hostPath ?? '', propagation: 'private', mountPoint: '/' } as const;
    return path === undefined ? { ...image, ...plainMount } : { path, ...mountAt(path, mounts) };
  });
}

const plainMount = { fstype: '', readonly: false, restrictions: [] };

/** The host's mounts by mount point; the last one at a mount point hides the others. */
export type MountTable = ReadonlyMap<string, MountInfo>;

/** Reads the mounts of this process. */
export async function readMountTable(): Promise<MountTable> {
  return byMountPoint(parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8')));
}

/** Mounts by mount point; a later one replaces an earlier one. */
export function byMountPoint(mounts: readonly MountInfo[]): MountTable {
  return new Map(mounts.map((mount) => [mount.mountPoint, mount]));
}

async function resolveHostPath(hostPath: string, field: string): Promise<string> {
  if (!isAbsolute(hostPath)) throw invalid(field, `${JSON.stringify(hostPath)} is not an absolute path`);
  try {
    return await realpath(hostPath);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw asInvalid(error, hostPath, field);
  }
  try {
    await makeDirectories(hostPath, 0o755);
    return await realpath(hostPath);
  } catch (error) {
    throw asInvalid(error, hostPath, field);
  }
}

function asInvalid(error: unknown, hostPath: string, field: string): Error {
  return invalid(field, `cannot use ${hostPath}: ${messageOf(error)}`);
}

/** Properties of the mount that contains a path: the one with the deepest mount point. */
export function mountAt(path: string, table: MountTable): Omit<MountSource, 'path'> {
  let mountPoint = path;
  while (mountPoint !== '/' && !table.has(mountPoint)) mountPoint = dirname(mountPoint);
  const mount = table.get(mountPoint);
  if (mount === undefined) return { propagation: 'private', mountPoint, ...plainMount };
  const { shared, master, fstype, options } = mount;
  return {
    propagation: shared !== undefined ? 'shared' : master === undefined ? 'private' : 'slave',
    mountPoint,
    fstype,
    readonly: options.includes('ro'),
    restrictions: restrictionFlags.filter((option) => options.includes(option)),
  };
}
