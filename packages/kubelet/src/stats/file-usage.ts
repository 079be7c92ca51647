// Measures the files of pods: logs, hosts files and volumes.
import { lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { CachedDiskUsage } from '@berth/linux/files/cached-disk-usage.ts';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { pluginVolumesDir, podDir } from '../paths/pod-paths.ts';
import { type FileSystemAt, spaceOn, type UsedSpace, wholeFs } from './file-stats.ts';
import { Instant } from './instant.ts';
import { fileSystemIfThere } from './node-readings.ts';
import { RemoteFileSystems } from './remote-file-systems.ts';
import type { VolumeStats } from './stats-api.ts';
import { type MeasuredVolume, measuredVolumes } from './volume-kinds.ts';

const log = createLogger('file-usage.ts');

/** Maximum number of files that are looked at in a directory of logs: a pod may write there through a hostPath. */
const maxFiles = 1000;

/** What the files in a directory take, without directories in it. Undefined when there is no such directory. */
export function filesIn(directory: string): UsedSpace | undefined {
  const names = unlessGone(() => namesIn(directory));
  if (names === undefined) return undefined;
  const files = names.flatMap((name) => fileAt(join(directory, name)) ?? []);
  const time = Instant.ofMs(Date.now());
  if (files.length === 0) return { time };
  return {
    time,
    bytes: files.reduce((sum, { bytes = 0n }) => sum + bytes, 0n),
    inodes: BigInt(files.length),
  };
}

function namesIn(directory: string): string[] {
  const names: string[] = [];
  using opened = opendirSync(directory);
  for (let entry = opened.readSync(); entry !== null && names.length < maxFiles; entry = opened.readSync()) {
    names.push(entry.name);
  }
  return names;
}

/** What a file takes; undefined for a directory, and when there is none. Follows no link. */
export function fileAt(path: string): UsedSpace | undefined {
  const stats = unlessGone(() => lstatSync(path));
  if (stats === undefined || stats.isDirectory()) return undefined;
  return { time: Instant.ofMs(Date.now()), bytes: BigInt(stats.blocks) * 512n, inodes: 1n };
}

/** Volumes of a pod, and what those take that live on the node's disk. */
export interface PodVolumes {
  volumes: VolumeStats[];
  ephemeral: UsedSpace[];
}

type VolumeAt = MeasuredVolume & { path: string };

/** Measures volumes in the background; a request gets the last known sizes. */
export class VolumeUsage {
  readonly #roots: Pick<KubeletOptions, 'rootDir'>;
  readonly #remote = new RemoteFileSystems();
  readonly #sizes = new CachedDiskUsage((volume, error) =>
    log.warn('Failed to measure a volume', { volume, err: error }),
  );

  constructor(roots: Pick<KubeletOptions, 'rootDir'>) {
    this.#roots = roots;
  }

  /** The volumes of each pod, in order. A volume that was not measured yet is left out. */
  async of(pods: readonly (Pod | undefined)[]): Promise<PodVolumes[]> {
    const wanted = pods.map((pod) => (pod === undefined ? [] : this.#volumesOf(pod)));
    const remote = await this.#remoteSizes(wanted.flat());
    const paths = wanted.flat().flatMap(({ path, isRemote }) => (isRemote ? [] : [path]));
    const sizes = new Map(
      (await this.#sizes.of(paths)).map((measured, index) => [paths[index] ?? '', measured] as const),
    );
    return Promise.all(
      wanted.map(async (volumes) => {
        const found = await Promise.all(
          volumes.map(async ({ name, path, isEphemeral }) => {
            const server = remote.get(path);
            if (server) return [{ stats: { ...wholeFs(server), name }, used: undefined, isEphemeral }];
            const size = sizes.get(path);
            if (size === undefined) return [];
            const used = {
              time: new Instant(size.at),
              bytes: BigInt(size.bytes),
              inodes: BigInt(size.inodes),
            };
            return [{ stats: { ...spaceOn(await fileSystemIfThere(path), used), name }, used, isEphemeral }];
          }),
        );
        return {
          volumes: found.flat().map(({ stats }) => stats),
          ephemeral: found.flat().flatMap(({ used, isEphemeral }) => (used && isEphemeral ? [used] : [])),
        };
      }),
    );
  }

  /** The file systems of servers that are mounted and known, by path. */
  async #remoteSizes(volumes: readonly VolumeAt[]): Promise<Map<string, FileSystemAt>> {
    const paths = volumes.flatMap(({ path, isRemote }) => (isRemote && isMountPoint(path) ? [path] : []));
    const known = await this.#remote.of(paths);
    return new Map(known.flatMap((each, index) => (each ? [[paths[index] ?? '', each] as const] : [])));
  }

  #volumesOf(pod: Pod): VolumeAt[] {
    const folder = podDir(this.#roots, pod.metadata.uid);
    return measuredVolumes(pod).map((volume) => ({
      ...volume,
      path: join(pluginVolumesDir(folder, volume.directory), volume.name),
    }));
  }
}

function unlessGone<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
