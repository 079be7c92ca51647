import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { type Mount, MountPropagation } from '@berth/cri/generated/api.ts';
import { makeDirectories } from '@berth/linux/directories.ts';
import { hasCode } from '@berth/linux/errno.ts';
import { type MountInfo, parseMountInfo } from '@berth/linux/mountinfo.ts';
import { invalid } from '../../errors.ts';
import type { MountSource } from '../input.ts';

/**
 * Resolves the host paths of a request's mounts. A path that does not exist is made as a directory, as
 * every runtime does, so that hostPath volumes without a type work.
 */
export async function lookUpMountSources(requests: readonly Mount[]): Promise<MountSource[]> {
  const table = requests.some(({ propagation }) => propagation !== MountPropagation.PROPAGATION_PRIVATE)
    ? parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'))
    : undefined;
  return Promise.all(
    requests.map(async ({ hostPath, image }, index) => {
      // An image has its own place, which is made later (container/image-volumes.ts).
      if (image !== undefined && image.image !== '')
        return { path: hostPath, propagation: 'private', mountPoint: '/' } as const;
      const path = await resolveHostPath(hostPath, `config.mounts[${index}].host_path`);
      return table === undefined
        ? ({ path, propagation: 'private', mountPoint: '/' } as const)
        : { path, ...propagationAt(path, table) };
    }),
  );
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
  return invalid(field, `cannot use ${hostPath}: ${error instanceof Error ? error.message : String(error)}`);
}

/** How mounts propagate at a path: as at the last mounted one of the deepest mount points that hold it. */
export function propagationAt(path: string, table: readonly MountInfo[]): Omit<MountSource, 'path'> {
  let best: MountInfo | undefined;
  for (const mount of table) {
    const { mountPoint } = mount;
    const holds = path === mountPoint || path.startsWith(mountPoint === '/' ? '/' : `${mountPoint}/`);
    if (holds && (best === undefined || mountPoint.length >= best.mountPoint.length)) best = mount;
  }
  const mountPoint = best?.mountPoint ?? '/';
  if (best?.shared !== undefined) return { propagation: 'shared', mountPoint };
  return { propagation: best?.master === undefined ? 'private' : 'slave', mountPoint };
}
