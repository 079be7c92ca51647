// Mounts image volumes and host paths with shifted owners, which distributions' OCI runtimes cannot mount.

import { mkdirSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { type Mount, MountPropagation } from '@berth/cri/generated/api.ts';
import { bindMount } from '@berth/linux/mounts/mount.ts';
import { sameMappings } from '@berth/linux/namespaces/id-mappings.ts';
import { invalid } from '../rpc/errors.ts';
import type { MountSource } from '../spec/input.ts';
import { type ImageVolume, mountImageVolume } from './image-volumes.ts';
import type { PodUserNamespace } from './rootfs.ts';

interface VolumeOptions {
  readonly images: readonly ImageVolume[];
  readonly directory: string;
  readonly pod: PodUserNamespace | undefined;
  /** SELinux label of images; undefined or empty for none. */
  readonly label?: string | undefined;
}

/**
 * Mounts images and host paths with shifted owners, so that the OCI runtime only has to bind them. Returns the
 * sources for config.json, one per request. The mounts are below `directory`, named by the request's index, and are
 * removed with the container.
 */
export async function mountVolumes(
  requests: readonly Mount[],
  sources: readonly MountSource[],
  options: VolumeOptions,
): Promise<MountSource[]> {
  const images = new Map(options.images.map((image) => [image.index, image]));
  const mounted: MountSource[] = [];
  for (const [index, source] of sources.entries()) {
    const request = requests[index];
    const image = images.get(index);
    const path = request && (await mountVolume(request, source, { ...options, index, image }));
    mounted.push(path === undefined ? source : { ...source, path });
    // Yield to the event loop: each volume takes several system calls.
    if (index % 32 === 31) await setImmediate();
  }
  return mounted;
}

/** Mounts one volume and returns where; undefined when the OCI runtime can bind the source itself. */
async function mountVolume(
  request: Mount,
  source: MountSource,
  {
    index,
    image,
    directory,
    pod,
    label,
  }: Omit<VolumeOptions, 'images'> & { index: number; image: ImageVolume | undefined },
): Promise<string | undefined> {
  if (image !== undefined) {
    return mountImageVolume(image, { subPath: request.imageSubPath, directory, pod, label });
  }
  if (!isShifted(request)) return undefined;
  const field = `config.mounts[${index}]`;
  checkMappings(request, pod, field);
  const target = join(directory, String(index));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await makeMountPoint(source.path, target);
  try {
    // Slave or private: an unmount by the container, or by us, must not propagate to the host.
    const propagation = source.propagation === 'private' ? 'rprivate' : 'rslave';
    bindMount(source.path, target, { recursive: true, idMap: pod?.path ?? '', propagation });
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EPERM', 'EOPNOTSUPP')) throw error;
    throw invalid(
      `${field}.uidMappings`,
      `the owners of files in ${source.path} cannot be shifted: its file system, or one mounted in it, does not support ID-mapped mounts on this kernel`,
    );
  }
  return target;
}

function isShifted({ uidMappings, gidMappings }: Mount): boolean {
  return uidMappings.length > 0 || gidMappings.length > 0;
}

/** Requires that the id mappings of a mount are the pod's own, which is what kubelets set. */
function checkMappings(request: Mount, pod: PodUserNamespace | undefined, field: string): void {
  const { uidMappings: uids, gidMappings: gids } = request;
  if (pod === undefined) throw invalid(`${field}.uidMappings`, 'the pod has no user namespace');
  if (!sameMappings({ uids, gids }, pod.users)) {
    throw invalid(`${field}.uidMappings`, "they and gidMappings have to be the pod's own");
  }
  if (request.propagation === MountPropagation.PROPAGATION_BIDIRECTIONAL) {
    throw invalid(`${field}.propagation`, 'a mount with mappings cannot propagate to the host');
  }
}

/**
 * Makes a directory for a directory and a file for a file, as mount(2) requires. Asynchronous, as the source may be on a
 * dead file server.
 */
async function makeMountPoint(source: string, target: string): Promise<void> {
  if ((await stat(source)).isDirectory()) mkdirSync(target, { mode: 0o700 });
  else writeFileSync(target, '', { mode: 0o600 });
}
