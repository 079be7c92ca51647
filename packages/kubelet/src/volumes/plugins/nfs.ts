// nfs volumes: a directory of a file server, mounted by mount.nfs(8), because it talks to the server's mount daemon.
// https://kubernetes.io/docs/concepts/storage/volumes/#nfs
import { execFile } from 'node:child_process';
import { mkdir, rmdir } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { promisify } from 'node:util';
import { messageOf } from '@berth/common/error-message.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../../api/pod.ts';
import { pluginDirs, volumePath } from '../../paths/pod-paths.ts';
import { findProgram, systemPath } from '../node-programs.ts';
import type { NodeVolume, VolumePlugin } from '../plugin.ts';

const directory = pluginDirs.nfs;

/** mount.nfs(8) gives up after two minutes by itself. */
const timeoutMs = 150_000;

const maxOutputBytes = 64 * 1024;

const run = promisify(execFile);

/** The parameters of the plugin. */
export interface NfsPorts {
  roots: Parameters<typeof volumePath>[0];
  /** Directories that may have mount.nfs. */
  searchPath?: readonly string[];
}

/** The plugin of nfs volumes. */
export function nfsPlugin(ports: NfsPorts): VolumePlugin {
  return {
    kind: 'nfs',
    isLive: false,
    setUp: async (pod, { name, nfs }, signal) => {
      if (!nfs) throw new Error('the volume is no nfs');
      const { server, path, readOnly = false } = nfs;
      return await mountNfs(
        ports,
        pod,
        { name, server, path, isReadOnly: readOnly, mountOptions: [] },
        signal,
      );
    },
    onDisk: { directory, tearDown: removeTree },
  };
}

/** A directory of a file server. */
export interface NfsVolume {
  /** Of its folder in the pod's. */
  name: string;
  server: string;
  path: string;
  isReadOnly: boolean;
  mountOptions: readonly string[];
}

/** Mounts it for the pod. */
export async function mountNfs(
  { roots, searchPath = systemPath() }: NfsPorts,
  pod: Pod,
  { name, server, path: remote, isReadOnly, mountOptions }: NfsVolume,
  signal: AbortSignal,
): Promise<NodeVolume> {
  const path = volumePath(roots, pod.metadata.uid, directory, name);
  if (!isMountPoint(path)) {
    const program = await findProgram('mount.nfs', searchPath);
    await mkdir(path, { recursive: true, mode: 0o750 });
    const host = isIPv6(server) ? `[${server}]` : server;
    const options = [...new Set([...(isReadOnly ? ['ro'] : []), ...mountOptions])];
    try {
      await run(
        program,
        [`${host}:${remote}`, path, ...(options.length > 0 ? ['-o', options.join(',')] : [])],
        {
          signal,
          killSignal: 'SIGKILL',
          timeout: timeoutMs,
          maxBuffer: maxOutputBytes,
        },
      );
    } catch (error) {
      await rmdir(path).catch(() => {});
      throw new Error(`mount failed: ${problemOf(error)}`, { cause: error });
    }
  }
  return { from: 'node', path, isReadOnly, isRelabelled: false };
}

/** What mount.nfs wrote, or how it ended. */
function problemOf(error: unknown): string {
  const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return output || messageOf(error);
}
