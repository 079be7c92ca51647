import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makePrivateDirectory } from '@berth/linux/files/directories.ts';
import { lchown } from '@berth/linux/files/ownership.ts';
import { bindMount, unmount } from '@berth/linux/mounts/mount.ts';
import { overlayMount } from '@berth/linux/mounts/overlay.ts';
import type { IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import { contextOption } from '@berth/linux/security/selinux.ts';
import type { BundlePaths, ContainerPaths, Paths } from '../state/paths.ts';
import { podRoot, type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';

/** A user namespace as far as a root file system has to do with it. */
export interface PodUserNamespace {
  /** The file at which it is pinned. */
  readonly path: string;
  readonly users: IdMappings;
  /** Its root, on the host. */
  readonly root: { readonly uid: number; readonly gid: number };
}

/**
 * Makes the directory on which a root is mounted and returns it. Nobody but us gets to it, except that a pod with
 * a user namespace has a directory, apart from all others, that the pod's own root may pass: the OCI runtime sets
 * the container up as that user.
 */
export function makeRootfsMountPoint(
  bundle: BundlePaths,
  root: PodUserNamespace['root'] | undefined,
): string {
  // The bundle first: recovery finds the other directory by it.
  mkdirSync(bundle.dir, { recursive: true, mode: 0o700 });
  const rootfs = rootfsOf(bundle, root !== undefined);
  if (root !== undefined) {
    const { dir } = bundle.shifted;
    makePrivateDirectory(dirname(dir), 0o711);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    lchown(dir, 0, root.gid);
    chmodSync(dir, 0o710);
  }
  // The init of a pod has it for its root, and is nobody there.
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
 * Mounts a container's root: the image's layers with a writable one of its own on top. In a user namespace the
 * owners of the layers' files are shifted; what the container writes is owned by the shifted users on disk. Returns
 * where it is.
 * @param lowerDirs the image's unpacked layers, topmost first
 * @param label of SELinux, which all files then have; undefined or empty for none
 */
export async function mountRootfs(
  { bundle, layer, upper, work }: ContainerPaths,
  lowerDirs: readonly string[],
  { userNamespace, label }: { userNamespace: PodUserNamespace | undefined; label?: string | undefined },
): Promise<string> {
  const target = makeRootfsMountPoint(bundle, userNamespace?.root);
  mkdirSync(layer, { recursive: true, mode: 0o700 });
  // Its mode is that of the container's root directory.
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
 * Calls back with directories' names in a mount that shifts their owners, for the time of the call: an overlay
 * keeps what it was made of.
 */
export function withShiftedOwners(
  directories: readonly string[],
  { mountPoint, userNamespace }: { mountPoint: string; userNamespace: string },
  use: (shifted: string[]) => void,
): void {
  const parent = commonParent(directories);
  mkdirSync(mountPoint, { recursive: true, mode: 0o700 });
  // Read-only, so that nothing that goes wrong here can reach the layers.
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
