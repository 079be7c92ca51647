// Mounts: file systems, bind mounts, idmapped mounts and overlays, and unmounting.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { O_CLOEXEC } from '@berth/common/files/open-flags.ts';
import { closeDescriptor, libcFunction, systemCall } from '../syscall/libc.ts';
import { type MountInfo, parseMountInfo } from './mountinfo.ts';

const mountCall = libcFunction('mount', ['str', 'str', 'str', 'ulong', 'str']);
const umount2 = libcFunction('umount2', ['str', 'int']);
const statx = libcFunction('statx', ['int', 'str', 'int', 'uint', 'void *']);
const openTree = systemCall('open_tree', 428, ['int', 'str', 'uint']);
const moveMount = systemCall('move_mount', 429, ['int', 'str', 'int', 'str', 'uint']);
const mountSetattr = systemCall('mount_setattr', 442, ['int', 'str', 'uint', 'void *', 'size_t']);

const atFdcwd = -100;
const atSymlinkNofollow = 0x100;
const atStatxDontSync = 0x4000;
const atEmptyPath = 0x1000;
const atRecursive = 0x8000;
const openTreeClone = 1;
const mountAttrIdmap = 0x10_0000n;
/** The bits of MOUNT_ATTR__ATIME, of which a change sets one value. */
const mountAttrAtime = 0x70n;

/** Flags of mount_setattr(2), which belong to one mount and not to its file system, by their mount(8) names. */
const mountAttributes = {
  ro: 0x1n,
  nosuid: 0x2n,
  nodev: 0x4n,
  noexec: 0x8n,
  noatime: 0x10n,
  strictatime: 0x20n,
  nodiratime: 0x80n,
  nosymfollow: 0x20_0000n,
} as const;

export type MountAttribute = keyof typeof mountAttributes;

/** Whether an option of mount(8) can be an attribute of a bind mount. */
export function isMountAttribute(option: string): option is MountAttribute {
  return Object.hasOwn(mountAttributes, option);
}

/** Flags of mount(2) by their mount(8) names. */
const mountFlags = {
  ro: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  sync: 0x10,
  remount: 0x20,
  dirsync: 0x80,
  nosymfollow: 0x100,
  noatime: 0x400,
  nodiratime: 0x800,
  bind: 0x1000,
  rec: 0x4000,
  relatime: 0x20_0000,
  strictatime: 0x100_0000,
} as const;

export type MountFlag = keyof typeof mountFlags;

const propagations = {
  private: 0x4_0000,
  rprivate: 0x4_4000,
  slave: 0x8_0000,
  rslave: 0x8_4000,
  shared: 0x10_0000,
  rshared: 0x10_4000,
} as const;

export type Propagation = keyof typeof propagations;

export interface MountRequest {
  source: string;
  target: string;
  fstype: string;
  flags?: readonly MountFlag[];
  /** Options of the file system, comma separated, e.g. `size=64m,mode=755`. At most 4,095 bytes. */
  data?: string;
}

/** Mounts a file system as mount(2) does. */
export function mount({ source, target, fstype, flags = [], data }: MountRequest): void {
  const bits = flags.reduce((sum, flag) => sum | mountFlags[flag], 0);
  mountCall(target, source, target, fstype, bits, data ?? null);
}

export interface BindOptions {
  /** Include the mounts below `source` (rbind). */
  recursive?: boolean;
  /** Read-only; with `recursive` also in every mount below. */
  readonly?: boolean;
  /** What it has beside the attributes of the mount that `source` is on; with `recursive` also every mount below. */
  attributes?: readonly MountAttribute[];
  propagation?: Propagation;
  /**
   * File of a user namespace for an idmapped mount: its mapping translates the owners of files both ways. EINVAL when
   * the file system does not support it.
   */
  idMap?: string | undefined;
}

/**
 * Bind-mounts `source` (a directory or a file) at `target`. Attributes are set before the mount is attached, so a
 * read-only mount is never writable. Symbolic links are followed in both paths.
 *
 * @example (root)
 * import { mkdirSync, writeFileSync } from 'node:fs';
 *
 * mkdirSync('source');
 * mkdirSync('target');
 * const target = `${process.cwd()}/target`;
 * bindMount(`${process.cwd()}/source`, target, { readonly: true });
 * assert.throws(() => writeFileSync('target/file', ''), { code: 'EROFS' });
 * unmount(target);
 * assert.ok(!isMountPoint(target));
 */
export function bindMount(source: string, target: string, options: BindOptions = {}): void {
  const { recursive = false, readonly = false, attributes = [], propagation, idMap } = options;
  const set = [...(readonly ? ['ro' as const] : []), ...attributes].reduce(
    (bits, name) => bits | mountAttributes[name],
    0n,
  );
  if (set === 0n && propagation === undefined && idMap === undefined) {
    mountCall(target, source, target, null, mountFlags.bind | (recursive ? mountFlags.rec : 0), null);
    return;
  }
  const MOVE_MOUNT_F_EMPTY_PATH = 4;
  const tree = openTree(source, atFdcwd, source, openTreeClone | O_CLOEXEC | (recursive ? atRecursive : 0));
  try {
    if (set !== 0n) setAttributes(tree, target, { set, recursive });
    if (idMap !== undefined) setIdMap(tree, source, { namespace: idMap, recursive });
    moveMount(target, tree, '', atFdcwd, target, MOVE_MOUNT_F_EMPTY_PATH);
  } finally {
    closeDescriptor(tree);
  }
  // Set propagation after move_mount(2): a mount that is attached under a shared parent becomes shared.
  if (propagation !== undefined) setPropagation(target, propagation);
}

function setIdMap(tree: number, about: string, map: { namespace: string; recursive: boolean }): void {
  const descriptor = openSync(map.namespace, 'r');
  try {
    const { recursive } = map;
    setAttributes(tree, about, { set: mountAttrIdmap, recursive, userNamespace: BigInt(descriptor) });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Whether the file system of a directory supports idmapped mounts with the user namespace of a file. Attaches no
 * mount.
 */
export function canMapIds(directory: string, namespace: string): boolean {
  const tree = openTree(directory, atFdcwd, directory, openTreeClone | O_CLOEXEC);
  try {
    setIdMap(tree, directory, { namespace, recursive: false });
    return true;
  } catch (error) {
    // The kernel or the file system does not support idmapped mounts.
    if (hasCode(error, 'EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'EPERM')) return false;
    throw error;
  } finally {
    closeDescriptor(tree);
  }
}

/** struct mount_attr of mount_setattr(2): set, clear, propagation, user namespace; each 64 bits. */
function setAttributes(
  tree: number,
  about: string,
  change: { set: bigint; recursive: boolean; userNamespace?: bigint },
): void {
  const clear = (change.set & mountAttrAtime) === 0n ? 0n : mountAttrAtime;
  const attributes = new BigUint64Array([change.set, clear, 0n, change.userNamespace ?? 0n]);
  const flags = atEmptyPath | (change.recursive ? atRecursive : 0);
  mountSetattr(about, tree, '', flags, new Uint8Array(attributes.buffer), 32);
}

/** Sets the propagation type of the mount at `target`, see mount_namespaces(7). */
export function setPropagation(target: string, propagation: Propagation): void {
  mountCall(target, null, target, null, propagations[propagation], null);
}

export interface UnmountOptions {
  /** Lazy (MNT_DETACH): detach now, release the file system after its last use. */
  detach?: boolean;
  /** No error when `target` does not exist or is not a mount point. */
  ifMounted?: boolean;
}

/** Unmounts the topmost mount at `target`; a symbolic link there is not followed. */
export function unmount(target: string, { detach = false, ifMounted = false }: UnmountOptions = {}): void {
  const MNT_DETACH = 2;
  const UMOUNT_NOFOLLOW = 8;
  try {
    umount2(target, target, UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0));
  } catch (error) {
    if (!(ifMounted && hasCode(error, 'ENOENT', 'EINVAL'))) throw error;
  }
}

/** Detaches all stacked mounts at `path`, so that a removal cannot reach into one. */
export function unmountAll(path: string): void {
  while (isMountPoint(path)) unmount(path, { detach: true });
}

/** Detaches all mounts at and below a directory, deepest first; its path has no symbolic link. */
export function detachBelow(directory: string): void {
  // One that shares its events with another takes that with it.
  for (const { mountPoint } of mountsBelow(directory)) unmount(mountPoint, { detach: true, ifMounted: true });
}

/** Whether `path` is a mount point; false when it does not exist. Symbolic links are not followed. */
export function isMountPoint(path: string): boolean {
  const STATX_ATTR_MOUNT_ROOT = 0x2000n;
  const ATTRIBUTES_OFFSET = 8;
  const result = Buffer.alloc(256);
  try {
    // Do not ask a file server, which may be dead: the kernel itself knows of mounts.
    statx(path, atFdcwd, path, atSymlinkNofollow | atStatxDontSync, 0, result);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
  return (result.readBigUInt64LE(ATTRIBUTES_OFFSET) & STATX_ATTR_MOUNT_ROOT) !== 0n;
}

/** The mounts of this process's mount namespace, in the order of /proc/self/mountinfo. */
export function mounts(): MountInfo[] {
  return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/**
 * The mounts at and below a directory in the order for unmounting: deepest path first, topmost of a stack first.
 */
export function mountsBelow(prefix: string): MountInfo[] {
  const directory = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return mounts()
    .filter(({ mountPoint }) => mountPoint === directory || mountPoint.startsWith(`${directory}/`))
    .reverse();
}
