// Image volumes: finds the images that a container's mounts name, and mounts them read-only.

import { constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import type { ContainerConfig, Mount } from '@berth/cri/generated/api.ts';
import { magicPath, openInRoot } from '@berth/linux/files/safe-path.ts';
import { bindMount } from '@berth/linux/mounts/mount.ts';
import { overlayMount } from '@berth/linux/mounts/overlay.ts';
import { contextOption } from '@berth/linux/security/selinux-context.ts';
import { SyscallError } from '@berth/linux/syscall/errno.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import type { ImageRootfs } from '../image/rootfs.ts';
import type { ImageService } from '../image/service.ts';
import { type CriCode, messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import { type PodUserNamespace, withShiftedOwners } from './rootfs.ts';

/** The image of a volume and the index of its mount. */
export interface ImageVolume {
  readonly index: number;
  readonly image: ImageRootfs;
}

/**
 * The images that a container's mounts name. Throws when one is missing: a kubelet pulls them before CreateContainer.
 */
export async function findVolumeImages(
  { images }: { readonly images: ImageService },
  mounts: readonly Mount[],
): Promise<ImageVolume[]> {
  const volumes = mounts.map(async (mount, index): Promise<ImageVolume[]> => {
    const name = mount.image?.image ?? '';
    const field = `config.mounts[${index}]`;
    if (name === '') {
      if (mount.imageSubPath !== '')
        throw refuse(`${field}.image_sub_path`, 'there is no image to look into');
      return [];
    }
    if (mount.hostPath !== '') throw refuse(`${field}.host_path`, 'has to be empty for an image');
    if (!mount.readonly) throw refuse(`${field}.readonly`, 'has to be set: images are mounted read-only');
    const image = await images.rootfs(name);
    if (image === undefined) {
      throw refuse(`${field}.image`, `image ${name} is not here; pull it first`, 'NOT_FOUND');
    }
    return [{ index, image }];
  });
  return (await Promise.all(volumes)).flat();
}

/** The container's config with the digests of its volumes' images, for its status. */
export function withImageRefs<Config extends ContainerConfig>(
  config: Config,
  volumes: readonly ImageVolume[],
): Config {
  const images = new Map(volumes.map(({ index, image }) => [index, image]));
  const mounts = config.mounts.map((mount, index) => {
    const image = images.get(index);
    if (image === undefined || mount.image === undefined) return mount;
    return { ...mount, image: { ...mount.image, imageRef: image.repoDigests[0] ?? image.id } };
  });
  return { ...config, mounts };
}

/**
 * Mounts an image, or a directory or file in it, read-only, and returns where. The sub path is resolved with the
 * image as root: no symbolic link leads out of it.
 * @param directory holds the mounts of the container's volumes
 */
export function mountImageVolume(
  { index, image }: ImageVolume,
  {
    subPath,
    directory,
    pod,
    label,
  }: {
    subPath: string;
    directory: string;
    pod: PodUserNamespace | undefined;
    label?: string | undefined;
  },
): string {
  const at = (name: string) => join(directory, `${index}${name}`);
  const [whole, target] = [at('-image'), at('')];
  try {
    mkdirSync(whole, { recursive: true, mode: 0o700 });
    mountLayers(image.lowerDirs, {
      target: whole,
      mountPoint: at('-layers'),
      empty: at('-empty'),
      pod,
      label,
    });
    if (subPath === '') return whole;
    bindSubPath(whole, subPath, target);
    return target;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const isAbsent = subPath !== '' && error.code === 'ENOENT';
    throw refuse(
      `config.mounts[${index}]`,
      isAbsent ? `sub path ${JSON.stringify(subPath)} is not in the image` : messageWithCauses(error),
    );
  }
}

function mountLayers(
  lowerDirs: readonly string[],
  {
    target,
    mountPoint,
    empty,
    pod,
    label,
  }: {
    target: string;
    mountPoint: string;
    empty: string;
    pod: PodUserNamespace | undefined;
    label: string | undefined;
  },
): void {
  const [only] = lowerDirs;
  // An overlay without a writable layer needs at least two lower directories.
  const single = only !== undefined && lowerDirs.length === 1;
  if (single && label) mkdirSync(empty, { mode: 0o700 });
  const overlay = (layers: readonly string[]) =>
    overlayMount({
      lowerDirs: single ? [...layers, empty] : layers,
      target,
      flags: ['ro'],
      options: label ? [contextOption(label)] : [],
    });
  if (single && !label) {
    bindMount(only, target, { readonly: true, idMap: pod?.path });
  } else if (pod === undefined) {
    overlay(lowerDirs);
  } else {
    withShiftedOwners(lowerDirs, { mountPoint, userNamespace: pod.path }, overlay);
  }
}

function bindSubPath(image: string, subPath: string, target: string): void {
  const descriptor = openInRoot(image, subPath, O_PATH | constants.O_DIRECTORY);
  try {
    mkdirSync(target, { mode: 0o700 });
    bindMount(magicPath(descriptor), target, { readonly: true });
  } finally {
    closeDescriptor(descriptor);
  }
}

/** A kubelet parses this name from the message, and shows it as the container's waiting reason. */
function refuse(field: string, problem: string, code: CriCode = 'INVALID_ARGUMENT'): RuntimeError {
  return new RuntimeError(code, `ImageVolumeMountFailed: ${field}: ${problem}`);
}
