// Names in a checkpoint archive, as Podman and CRI-O have them and checkpointctl reads them.
import { join } from 'node:path';
import type { ContainerPaths } from '../state/paths.ts';

export const specDump = 'spec.dump';
export const configDump = 'config.dump';
export const statusDump = 'status.dump';
export const bindMounts = 'bind.mounts';
export const imageDirectory = 'checkpoint';
export const rootfsDiff = 'rootfs-diff.tar';
export const deletedFiles = 'deleted.files';
export const dumpLog = 'dump.log';
export const logFile = 'io.kubernetes.cri-o.LogPath';

/** Files that a restore takes from an archive, beside criu's. */
export const takenFiles: readonly string[] = [
  bindMounts,
  configDump,
  deletedFiles,
  logFile,
  rootfsDiff,
  specDump,
  statusDump,
];

/** config.dump: who the container was. */
export interface ConfigDump {
  readonly id: string;
  readonly name: string;
  /** The requested image, its id, and its name for people. */
  readonly rootfsImage: string;
  readonly rootfsImageRef: string;
  readonly rootfsImageName: string;
  /** The OCI runtime. */
  readonly runtime: string;
  readonly createdTime: string;
  readonly checkpointedTime: string;
  readonly restoredTime: string;
  readonly restored: boolean;
}

/**
 * The work directory of a checkpoint, beside the container's layer and so on the disk of the images. While it
 * exists the container may be paused, and the partial file that `target` names may exist.
 */
export function workPlace({ layer }: ContainerPaths) {
  const dir = join(layer, 'checkpoint');
  return {
    dir,
    image: join(dir, imageDirectory),
    target: join(dir, 'target'),
    at: (name: string) => join(dir, name),
  };
}

/** Where a checkpoint is unpacked until the container is started. */
export function restorePlace({ layer }: ContainerPaths) {
  const dir = join(layer, 'restore');
  return { dir, at: (name: string) => join(dir, name) };
}
