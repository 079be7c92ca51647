// hostPath volumes: a path of the node, checked or created according to the volume's type.
// https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
import { mkdirSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HostPathVolumeSource } from '../../api/pod.ts';
import type { VolumePlugin } from '../plugin.ts';

interface Kind {
  is: (stats: Stats) => boolean;
  called: string;
}

const kinds: Record<string, Kind> = {
  Directory: { is: (stats) => stats.isDirectory(), called: 'a directory' },
  File: { is: (stats) => stats.isFile(), called: 'a file' },
  Socket: { is: (stats) => stats.isSocket(), called: 'a socket file' },
  CharDevice: { is: (stats) => stats.isCharacterDevice(), called: 'a character device' },
  BlockDevice: { is: (stats) => stats.isBlockDevice(), called: 'a block device' },
};

/** The plugin of hostPath volumes. The path outlives the pod. */
export const hostPathPlugin: VolumePlugin = {
  kind: 'hostPath',
  setUp: async (_pod, { hostPath }) => {
    if (!hostPath) throw new Error('the volume is no hostPath');
    return checkedHostPath(hostPath);
  },
};

/** The path of the volume. Throws when it is not of the required type. */
function checkedHostPath({ path, type = '' }: HostPathVolumeSource): string {
  if (type === '') return path;
  let stats = statSync(path, { throwIfNoEntry: false });
  if (!stats && type === 'DirectoryOrCreate') mkdirSync(path, { recursive: true, mode: 0o755 });
  if (!stats && type === 'FileOrCreate') makeFile(path);
  stats ??= statSync(path, { throwIfNoEntry: false });
  const kind = kinds[type.replace(/OrCreate$/, '')];
  if (!kind) throw new Error(`${type} is an invalid volume type`);
  if (!stats || !kind.is(stats)) throw new Error(`hostPath type check failed: ${path} is not ${kind.called}`);
  return path;
}

/** Makes an empty file. Its folder must exist, as in Kubernetes. */
function makeFile(path: string): void {
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) {
    throw new Error(
      `hostPath FileOrCreate: ${dirname(path)} does not exist; make it or use DirectoryOrCreate`,
    );
  }
  // O_EXCL: a dangling link would create the file elsewhere, and opening a FIFO would block.
  writeFileSync(path, '', { mode: 0o644, flag: 'wx' });
}
