import { mkdirSync } from 'node:fs';
import { overlayMount } from '@berth/linux/mount.ts';
import type { ContainerPaths } from '../paths.ts';

/**
 * Mounts a container's root: the image's layers with a writable one of its own on top.
 * @param lowerDirs the image's unpacked layers, topmost first
 */
export async function mountRootfs(
  { bundle, upper, work }: ContainerPaths,
  lowerDirs: readonly string[],
): Promise<void> {
  // 0711: a process of another user has to get through to its root, as it does through /run/berth.
  mkdirSync(bundle.rootfs, { recursive: true, mode: 0o711 });
  mkdirSync(upper, { recursive: true, mode: 0o755 });
  mkdirSync(work, { mode: 0o700 });
  overlayMount({ lowerDirs, upperDir: upper, workDir: work, target: bundle.rootfs });
}
