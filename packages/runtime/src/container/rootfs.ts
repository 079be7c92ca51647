import { mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bindMount, overlayMount, unmount } from '@berth/linux/mount.ts';
import type { IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import { lchown } from '@berth/linux/ownership.ts';
import { contextOption } from '@berth/linux/selinux.ts';
import type { Context } from '../context.ts';
import type { ContainerPaths } from '../paths.ts';
import { podRoot, type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';

/** A user namespace as far as a root file system has to do with it. */
export interface PodUserNamespace {
  /** The file at which it is pinned. */
  readonly path: string;
  readonly users: IdMappings;
  /** Its root, on the host. */
  readonly root: { readonly uid: number; readonly gid: number };
}

/** The user namespace of a pod; undefined for one in the host's. */
export function podUserNamespace({ paths }: Context, sandbox: Sandbox): PodUserNamespace | undefined {
  const namespaces = sandboxNamespaces(sandbox.config);
  if (namespaces.users === undefined) return undefined;
  const { users } = namespaces;
  return { path: paths.sandbox(sandbox.id).userns, users, root: podRoot(namespaces) };
}

/**
 * Mounts a container's root: the image's layers with a writable one of its own on top. In a user namespace the
 * owners of the layers' files are shifted; what the container writes is owned by the shifted users on disk.
 * @param lowerDirs the image's unpacked layers, topmost first
 * @param label of SELinux, which all files then have; undefined or empty for none
 */
export async function mountRootfs(
  { bundle, upper, work }: ContainerPaths,
  lowerDirs: readonly string[],
  { userNamespace, label }: { userNamespace: PodUserNamespace | undefined; label?: string | undefined },
): Promise<void> {
  // 0711: a process of another user has to get through to its root, as it does through /run/berth.
  mkdirSync(bundle.rootfs, { recursive: true, mode: 0o711 });
  mkdirSync(upper, { recursive: true, mode: 0o755 });
  mkdirSync(work, { mode: 0o700 });
  const options = label ? [contextOption(label)] : [];
  const overlay = { upperDir: upper, workDir: work, target: bundle.rootfs, options };
  if (userNamespace === undefined) {
    overlayMount({ ...overlay, lowerDirs });
    return;
  }
  const { path, root } = userNamespace;
  lchown(upper, root.uid, root.gid);
  withShiftedOwners(lowerDirs, { mountPoint: bundle.lower, userNamespace: path }, (shifted) => {
    overlayMount({ ...overlay, lowerDirs: shifted });
  });
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
