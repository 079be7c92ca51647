// hostPath volumes: a path of the node, checked or created according to the volume's type.
// https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
import type { Stats } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { hasCode } from '@berth/common/error-code.ts';
import type { HostPathVolumeSource } from '../../api/pod.ts';
import type { VolumePlugin } from '../plugin.ts';

interface Kind {
  is: (stats: Stats) => boolean;
  called: string;
}

/** By the name that the API has for them. */
const kinds: Readonly<Record<string, Kind>> = {
  Directory: { is: (stats) => stats.isDirectory(), called: 'directory' },
  File: { is: (stats) => stats.isFile(), called: 'file' },
  Socket: { is: (stats) => stats.isSocket(), called: 'socket file' },
  CharDevice: { is: (stats) => stats.isCharacterDevice(), called: 'character device' },
  BlockDevice: { is: (stats) => stats.isBlockDevice(), called: 'block device' },
};

/** The plugin of hostPath volumes. The path outlives the pod. */
export const hostPathPlugin: VolumePlugin = {
  kind: 'hostPath',
  isLive: false,
  setUp: async (_pod, { hostPath }) => {
    if (!hostPath) throw new Error('the volume is no hostPath');
    await checkHostPath(hostPath);
    return { from: 'node', path: hostPath.path, isReadOnly: false, isRelabelled: false };
  },
};

/** Makes the path where its type asks for that. Throws when it is not of its type. */
export async function checkHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  if (type === '') return;
  const kind = kinds[type.replace(/OrCreate$/, '')];
  if (!kind) throw new Error(`${type} is an invalid volume type`);
  // Not statSync: a path on a dead file server would stop the whole kubelet.
  const stats = await statIfThere(path);
  if (!stats && type === 'DirectoryOrCreate')
    return void (await mkdir(path, { recursive: true, mode: 0o755 }));
  // O_EXCL: a dangling link would create the file elsewhere, and opening a FIFO would block. Its folder must exist.
  if (!stats && type === 'FileOrCreate') return await writeFile(path, '', { mode: 0o644, flag: 'wx' });
  if (stats && kind.is(stats)) return;
  const problem = `${path} is not a ${kind.called}`;
  const found = stats && Object.entries(kinds).find(([, each]) => each.is(stats))?.[0];
  if (found) throw new Error(`hostPath type check failed: ${problem}, it's a ${found}`);
  const reason = stats
    ? 'only recognise file, directory, socket, block device and character device'
    : `path ${JSON.stringify(path)} does not exist`;
  throw new Error(`hostPath type check failed, ${problem}, unable to determine its type: ${reason}`);
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
