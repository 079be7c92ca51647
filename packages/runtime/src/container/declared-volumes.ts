import { posix } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Mount } from '@berth/cri/generated/api.ts';
import { makeDirectoryInRoot, resolveInRoot } from '@berth/linux/files/safe-path.ts';
import { SyscallError } from '@berth/linux/syscall/errno.ts';
import { invalid } from '../rpc/errors.ts';
import { isWithin, procMountProblem } from '../spec/proc-mounts.ts';

/** Maximum number of volumes of an image. Each is a mount; no real image declares as many. */
export const maxVolumes = 256;

/** Maximum number of path components of a volume; each may have to be created. */
const maxDepth = 64;

/** Volumes here are ignored: the runtime or the pod provides these directories. */
const systemDirectories = ['/sys', '/dev'];

/**
 * The volumes that an image declares, as bind mounts of the root's directories onto themselves: the image's content
 * stays visible, and they are writable even when the root is read-only. A mount of the request replaces the volume
 * at its path. A volume in /proc is refused, as by runc; one in /sys or /dev is left out.
 */
export async function declaredVolumes(
  rootfs: { readonly path: string; readonly owner: { readonly uid: number; readonly gid: number } },
  image: { readonly name: string; readonly volumes: readonly string[] },
  requested: readonly Mount[],
): Promise<Mount[]> {
  const { name, volumes } = image;
  if (volumes.length > maxVolumes) {
    throw refuse(name, `declares ${volumes.length} volumes; at most ${maxVolumes} are supported`);
  }
  const root = resolveInRoot(rootfs.path, '/');
  const taken = new Set(requested.map(({ containerPath }) => posix.resolve('/', containerPath)));
  const mounts: Mount[] = [];
  for (const volume of volumes) {
    const declared = declaredPath(name, volume);
    if (!isVolume(name, declared) || taken.has(declared)) continue;
    const hostPath = makeVolume(rootfs, name, declared);
    // Symbolic links of the image may lead anywhere in it.
    const containerPath = posix.resolve('/', posix.relative(root, hostPath));
    if (isVolume(name, containerPath) && !taken.has(containerPath)) {
      mounts.push(Mount.fromPartial({ containerPath, hostPath }));
    }
    taken.add(declared).add(containerPath);
    // Yield to the event loop: each volume may take milliseconds.
    await setImmediate();
  }
  return mounts;
}

function declaredPath(image: string, volume: string): string {
  // Docker allows only absolute paths; other builders do not, and OCI runtimes resolve relative ones at the root.
  const path = posix.resolve('/', volume);
  if (path.includes('\0')) throw refuse(image, `declares a volume with a NUL byte: ${JSON.stringify(path)}`);
  const depth = path.split('/').length - 1;
  if (depth > maxDepth) {
    throw refuse(
      image,
      `declares a volume that is ${depth} directories deep; at most ${maxDepth} are supported`,
    );
  }
  return path;
}

/** Whether a volume is mounted; throws for one in /proc. */
function isVolume(image: string, path: string): boolean {
  const problem = procMountProblem(path, '');
  if (problem !== undefined) throw refuse(image, `declares the volume ${path}: ${problem}`);
  return path !== '/' && !systemDirectories.some((directory) => isWithin(path, directory));
}

function makeVolume(
  { path, owner }: Parameters<typeof declaredVolumes>[0],
  image: string,
  volume: string,
): string {
  try {
    return makeDirectoryInRoot(path, volume, owner);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw refuse(image, `declares the volume ${volume}, which cannot be made: ${error.message}`);
  }
}

function refuse(image: string, problem: string): Error {
  return invalid('config.image', `image ${image} ${problem}`);
}
