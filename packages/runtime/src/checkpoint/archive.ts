// Writes a checkpoint archive in the format of Podman and CRI-O, for CheckpointContainer and CheckpointPod.

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { openRegularFile } from '@berth/common/files/regular-file.ts';
import { magicPath } from '@berth/linux/files/safe-path.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { isWhiteout } from '@berth/oci/tar/overlay-marks.ts';
import { tarOfTree } from '@berth/oci/tar/tree.ts';
import { endOfTar } from '@berth/oci/tar/writer.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { containerStatus } from '../container/status.ts';
import type { ImageService } from '../image/service.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { readSpec } from '../spec/spec-file.ts';
import type { Container } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import { readDump } from './check-restore.ts';
import {
  bindMounts,
  type ConfigDump,
  configDump,
  deletedFiles,
  logFile,
  rootfsDiff,
  specDump,
  statusDump,
  workPlace,
} from './files.ts';
import { deletedPaths } from './rootfs-diff.ts';
import { SeccompFilters } from './seccomp-filters.ts';

/** What writing a checkpoint archive uses. */
export interface ArchiveServices {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly paths: Paths;
  readonly images: ImageService;
}

/**
 * Adds to a dump what a restore needs besides the processes: configuration, status, mounts and the changes to the
 * root file system. The container is still paused.
 */
export async function describeCheckpoint(
  services: ArchiveServices,
  container: Container,
  { runtime, signal }: { runtime: string; signal: AbortSignal },
): Promise<void> {
  const paths = services.paths.container(container.id);
  const place = workPlace(paths);
  const write = (name: string, value: unknown) =>
    writeFileSync(place.at(name), JSON.stringify(value, bigintAsNumber, 2), { mode: 0o600 });
  const spec = readSpec(paths.bundle);
  write(specDump, spec);
  write(configDump, configOf(container, runtime));
  const status = containerStatus(container);
  if (status !== undefined) write(statusDump, status);
  write(
    bindMounts,
    (spec.mounts ?? []).flatMap(({ type, source = '', destination }) => {
      const stats = type === 'bind' ? statSync(source, { throwIfNoEntry: false }) : undefined;
      if (stats === undefined) return [];
      const fileType = stats.isDirectory() ? 'directory' : 'file';
      return [{ source, destination, file_type: fileType, permissions: stats.mode & 0o777 }];
    }),
  );
  noteSeccompFilter(services, container, spec);
  const image = await services.images.rootfs(container.imageId);
  const deleted = deletedPaths(paths.upper, image?.lowerDirs ?? []);
  if (deleted.length > 0) write(deletedFiles, deleted);
  const skip = (_path: string, stats: Parameters<typeof isWhiteout>[0]) => isWhiteout(stats);
  await writeTar(place.at(rootfsDiff), tarOfTree(paths.upper, { skip }), signal);
}

/**
 * Records the filter that the OCI runtime compiled from the container's profile: the first filter of the container's
 * init that berthd does not have. The container itself installed the later ones.
 */
function noteSeccompFilter({ config, log, paths }: ArchiveServices, { id }: Container, spec: Spec): void {
  const profile = spec.linux?.seccomp;
  if (profile === undefined) return;
  try {
    const inherited = Number(
      /^Seccomp_filters:\s*(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0,
    );
    const chain = readDump(workPlace(paths.container(id)).image).tasks[0]?.threads[0]?.seccompFilters ?? [];
    const filter = chain.at(-1 - inherited);
    if (filter !== undefined && inherited < chain.length)
      new SeccompFilters(config.current.root).note(profile, filter);
  } catch (error) {
    log.warning(`The checkpoint cannot be restored with a seccomp profile: ${messageWithCauses(error)}`, {
      container: id,
    });
  }
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function configOf(container: Container, runtime: string): ConfigDump {
  return {
    id: container.id,
    name: container.name,
    rootfsImage: container.config.image?.userSpecifiedImage || container.imageName,
    rootfsImageRef: container.imageId,
    rootfsImageName: container.imageName,
    runtime,
    createdTime: new Date(Number(container.createdAt / 1_000_000n)).toISOString(),
    checkpointedTime: new Date().toISOString(),
    restoredTime: '0001-01-01T00:00:00Z',
    restored: false,
  };
}

/**
 * Packs a dump and the container's log into one archive. Unless `keepArchive` was called, the end of the
 * checkpoint, or the next berthd, removes the file again.
 */
export async function writeArchive(
  { paths }: { readonly paths: Paths },
  { id, logPath }: Container,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const place = workPlace(paths.container(id));
  writeFileSync(place.target, file);
  if (logPath !== '' && existsSync(logPath)) await copyLog(logPath, place.at(logFile));
  const skip = (path: string) => path === basename(place.target);
  await writeTar(file, tarOfTree(place.dir, { skip }), signal);
}

async function copyLog(logPath: string, target: string): Promise<void> {
  await using file = await openRegularFile(logPath, { followLink: false });
  await copyFile(magicPath(file.fd), target);
}

/** Marks the archive as complete, so that the end of the checkpoint does not remove it. */
export function keepArchive({ paths }: { readonly paths: Paths }, { id }: Container): void {
  rmSync(workPlace(paths.container(id)).target, { force: true });
}

/** Mode 0600: the archive holds every page of the processes' memory. */
async function writeTar(file: string, entries: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  // writeFile() and not write(): on a nearly full disk write() may write only a part, which it reports in its result.
  await handle.writeFile(entries, { signal });
  await handle.writeFile(endOfTar());
}
