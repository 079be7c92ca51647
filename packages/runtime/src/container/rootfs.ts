// Mounts a container's root file system, with shifted owners when its pod has a user namespace.

import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { lchown } from '@berth/linux/files/ownership.ts';
import { bindMount, unmount } from '@berth/linux/mounts/mount.ts';
import { overlayMount } from '@berth/linux/mounts/overlay.ts';
import type { IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import { contextOption } from '@berth/linux/security/selinux-context.ts';
import type { BundlePaths, ContainerPaths, Paths } from '../state/paths.ts';
import { podRoot, type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';

/** The parts of a user namespace that a root file system depends on. */
export interface PodUserNamespace {
  /** The file at which it is pinned. */
  readonly path: string;
  readonly users: IdMappings;
  /** Its root user's ids on the host. */
  readonly root: { readonly uid: number; readonly gid: number };
}

/**
 * Makes the directory on which a root is mounted and returns it. Only root can enter it. With a user namespace the
 * OCI runtime sets the container up as the pod's own root, so the mount point is in a separate directory that this
 * user can enter.
 */
export function makeRootfsMountPoint(
  bundle: BundlePaths,
  root: PodUserNamespace['root'] | undefined,
): string {
  // Create the bundle first: recovery finds the other directory by the bundle's name.
  mkdirSync(bundle.dir, { recursive: true, mode: 0o700 });
  const rootfs = rootfsOf(bundle, root !== undefined);
  if (root !== undefined) {
    const { dir } = bundle.shifted;
    makePrivateDirectory(dirname(dir), 0o711);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    lchown(dir, 0, root.gid);
    chmodSync(dir, 0o710);
  }
  // Mode 0711: it is the root of the sandbox's init, which runs as an unprivileged user.
  mkdirSync(rootfs, { recursive: true, mode: 0o711 });
  chmodSync(rootfs, 0o711);
  return rootfs;
}

/** Where the root of a bundle is mounted. */
export function rootfsOf({ rootfs, shifted }: BundlePaths, inUserNamespace: boolean): string {
  return inUserNamespace ? shifted.rootfs : rootfs;
}

/** The user namespace of a pod; undefined for one in the host's. */
export function podUserNamespace(
  { paths }: { readonly paths: Paths },
  sandbox: Sandbox,
): PodUserNamespace | undefined {
  const namespaces = sandboxNamespaces(sandbox.config);
  if (namespaces.users === undefined) return undefined;
  const { users } = namespaces;
  return { path: paths.sandbox(sandbox.id).userns, users, root: podRoot(namespaces) };
}

/**
 * Mounts a container's root: the image's layers below a writable one. In a user namespace the owners of the layers'
 * files are shifted; what the container writes is owned by the shifted users on disk. Returns the mount point.
 * @param lowerDirs the image's unpacked layers, topmost first
 * @param label SELinux label of all files; undefined or empty for none
 */
export async function mountRootfs(
  { bundle, layer, upper, work }: ContainerPaths,
  lowerDirs: readonly string[],
  { userNamespace, label }: { userNamespace: PodUserNamespace | undefined; label?: string | undefined },
): Promise<string> {
  const target = makeRootfsMountPoint(bundle, userNamespace?.root);
  mkdirSync(layer, { recursive: true, mode: 0o700 });
  // The mode of this directory becomes that of the container's root directory.
  mkdirSync(upper, { recursive: true, mode: 0o755 });
  mkdirSync(work, { mode: 0o700 });
  const options = label ? [contextOption(label)] : [];
  const overlay = { upperDir: upper, workDir: work, target, options };
  if (userNamespace === undefined) {
    overlayMount({ ...overlay, lowerDirs });
    return target;
  }
  const { path, root } = userNamespace;
  lchown(upper, root.uid, root.gid);
  withShiftedOwners(lowerDirs, { mountPoint: bundle.lower, userNamespace: path }, (shifted) => {
    overlayMount({ ...overlay, lowerDirs: shifted });
  });
  return target;
}

/**
 * Calls back with a view of directories whose owners are shifted. The mount exists only during the call: an overlay
 * holds references to its lower layers.
 */
export function withShiftedOwners(
  directories: readonly string[],
  { mountPoint, userNamespace }: { mountPoint: string; userNamespace: string },
  use: (shifted: string[]) => void,
): void {
  const parent = commonParent(directories);
  mkdirSync(mountPoint, { recursive: true, mode: 0o700 });
  // Read-only, so that no bug here can modify the layers.
  bindMount(parent, mountPoint, { idMap: userNamespace, readonly: true });
  try {
    use(directories.map((directory) => join(mountPoint, relative(parent, directory))));
  } finally {
    unmount(mountPoint, { detach: true });
  }
}

function commonParent([first = '/', ...others]: readonly string[]): string {
  let parent = dirname(first);
  while (!others.every((other) => other.startsWith(parent === '/' ? '/' : `${parent}/`))) {
    parent = dirname(parent);
  }
  return parent;
}
