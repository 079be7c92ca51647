import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import type { DumpedMount } from './criu-dump.ts';

/** criu's numbers for the types of file systems in a container's own mounts. */
const containerFileSystems = new Set([1, 2, 5, 6, 12, 14, 23]);
const tmpfs = 5;
const mountFlags = { ro: 1, nosuid: 2, nodev: 4, noexec: 8 } as const;

/**
 * Lists where the mounts of a checkpoint exceed those of the requested container: the first violation of each mount.
 * Pure. `exists` tells whether a path of /proc or /sys exists on this node.
 */
export function mountsExcess(
  mounts: readonly DumpedMount[],
  { spec, exists }: { readonly spec: Spec; readonly exists: (path: string) => boolean },
): string[] {
  const { maskedPaths = [], readonlyPaths = [] } = spec.linux ?? {};
  const present = new Set(mounts.map(({ mountpoint }) => mountpoint));
  return [
    ...mounts.flatMap((mount) => {
      const excess = placeExcess(mount, mounts) ?? mountExcess(mount, spec);
      return excess === undefined ? [] : [excess];
    }),
    ...[...maskedPaths, ...readonlyPaths]
      .filter((path) => !present.has(path) && exists(path))
      .map((path) => `${path} is neither masked nor read-only in it`),
  ];
}

/**
 * Checks that no mount hides another: each path has one mount, and its parent is the mount that contains the path.
 */
function placeExcess(
  { id, parent, mountpoint }: DumpedMount,
  mounts: readonly DumpedMount[],
): string | undefined {
  if (mounts.some((other) => other.mountpoint === mountpoint && other.id !== id)) {
    return `it mounts ${mountpoint} twice`;
  }
  if (mountpoint === '/') return undefined;
  const above = mounts.filter((other) => other.id !== id && isBelow(mountpoint, other.mountpoint));
  const nearest = above.sort((one, two) => two.mountpoint.length - one.mountpoint.length)[0];
  return nearest?.id === parent
    ? undefined
    : `its mount at ${mountpoint} is not on that of ${nearest?.mountpoint ?? '/'}`;
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path.startsWith(`${directory}/`);
}

function mountExcess({ mountpoint, type, flags, externalKey }: DumpedMount, spec: Spec): string | undefined {
  const { maskedPaths = [], readonlyPaths = [], devices = [] } = spec.linux ?? {};
  const requested = new Map(
    (spec.mounts ?? []).map(({ destination, options }) => [destination, options ?? []]),
  );
  // With cgroup v1 a container has a mount for each hierarchy.
  const isCgroup = (path: string) => path.startsWith('/sys/fs/cgroup/') && requested.has('/sys/fs/cgroup');
  const places = new Set(['/', '/dev/console', ...requested.keys(), ...maskedPaths, ...readonlyPaths]);
  if (!places.has(mountpoint) && !isCgroup(mountpoint)) {
    return `it mounts ${mountpoint}, which the container does not`;
  }
  const keys = new Set(['/dev/null', ...requested.keys(), ...devices.map(({ path }) => path)]);
  if (externalKey !== undefined && !keys.has(externalKey) && !isCgroup(externalKey)) {
    return `it mounts ${JSON.stringify(externalKey)} of the host at ${mountpoint}`;
  }
  if (maskedPaths.includes(mountpoint)) {
    // The OCI runtime masks a file by /dev/null, and a directory by an empty tmpfs.
    const isMask = externalKey === undefined ? type === tmpfs : externalKey === '/dev/null';
    return isMask ? undefined : `${mountpoint} is not masked in it`;
  }
  if (externalKey === undefined && mountpoint !== '/' && !containerFileSystems.has(type)) {
    return `it mounts a file system of criu's type ${type} at ${mountpoint}`;
  }
  const isReadonly =
    readonlyPaths.includes(mountpoint) || (mountpoint === '/' && spec.root?.readonly === true);
  const wanted = isReadonly ? ['ro'] : (requested.get(mountpoint) ?? []);
  const missing = Object.entries(mountFlags).find(
    ([name, flag]) => wanted.includes(name) && (flags & flag) === 0,
  );
  return missing === undefined ? undefined : `its mount at ${mountpoint} is not ${missing[0]}`;
}
