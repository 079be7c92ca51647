// Reads a checkpoint from an archive or an image, and unpacks it for a restore.

import { constants, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { openRegularFile } from '@berth/common/files/regular-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { magicPath, openInRoot } from '@berth/linux/files/safe-path.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { LayerExtractor } from '@berth/oci/layers/extractor.ts';
import { completeFromParents } from '@berth/oci/layers/parent-layers.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { type TarHandler, TarReader } from '@berth/oci/tar/reader.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { invalid, messageWithCauses } from '../rpc/errors.ts';
import type { ContainerPaths } from '../state/paths.ts';
import { ArchiveExtractor, type ArchiveLimits } from './archive-extractor.ts';
import { configDump, deletedFiles, restorePlace, rootfsDiff, specDump } from './files.ts';
import { copyCheckpoint, readFileOf } from './image.ts';

/** A checkpoint's description, read before it is unpacked. */
export interface Checkpoint {
  /** Path of the archive, or name of the image that contains the checkpoint. */
  readonly name: string;
  /** Layers of that image, topmost first; undefined for an archive. */
  readonly layers?: readonly string[];
  /** The image that the container was created from: its id, or its name when no id is recorded. */
  readonly image: string;
  readonly spec: Pick<Spec, 'mounts'>;
  /** From spec.dump, as JSON: arguments, working directory and user of the process. */
  readonly process: string;
}

/** Maximum size of a JSON file; larger ones are refused. */
const maxJsonBytes = 4 * 1024 * 1024;

/** Maximum size of the list of deleted files, enough for some hundred thousand paths. */
const maxListBytes = 64 * 1024 * 1024;

/** Reads the description of a checkpoint archive. `field` is the request's, for messages. */
export async function readCheckpoint(archive: string, field: string): Promise<Checkpoint> {
  const wanted = new Map<string, Buffer[]>([
    [configDump, []],
    [specDump, []],
  ]);
  try {
    await readTar(archive, collector(wanted));
    return parseCheckpoint(archive, wanted);
  } catch (error) {
    throw invalid(field, `${archive} is not a checkpoint archive: ${messageWithCauses(error)}`);
  }
}

/** Reads the description of a checkpoint in an image. `field` is the request's, for messages. */
export function readCheckpointImage(name: string, layers: readonly string[], field: string): Checkpoint {
  const read = (file: string) => readFileOf(layers, file, maxJsonBytes) ?? Buffer.alloc(0);
  const files = new Map([configDump, specDump].map((file) => [file, [read(file)]]));
  try {
    return { ...parseCheckpoint(name, files), layers };
  } catch (error) {
    throw invalid(field, `image ${name} is not a checkpoint: ${messageWithCauses(error)}`);
  }
}

function parseCheckpoint(name: string, files: ReadonlyMap<string, Buffer[]>): Checkpoint {
  const config = parseObject(files, configDump);
  const spec = parseObject(files, specDump);
  const image = config.rootfsImageRef || config.rootfsImageName || config.rootfsImage;
  if (typeof image !== 'string') throw new Error(`${configDump} names no image`);
  return { name, image, spec: { mounts: parseMounts(spec.mounts) }, process: processIdentity(spec.process) };
}

/** Collects a few small files of an archive. */
function collector(wanted: Map<string, Buffer[]>): TarHandler {
  let chunks: Buffer[] | undefined;
  return {
    entry: (header) => {
      const name = header.path.replace(/^\.\//, '');
      const isWanted = header.type === 'file' && header.size <= maxJsonBytes && wanted.has(name);
      chunks = isWanted ? [] : undefined;
      // The last one of a name wins; earlier ones are dropped.
      if (chunks !== undefined) wanted.set(name, chunks);
    },
    content: (chunk) => chunks?.push(Buffer.from(chunk)),
    hole: (bytes) => chunks?.push(Buffer.alloc(bytes)),
    end: () => {
      chunks = undefined;
    },
  };
}

async function readTar(archive: string, handler: TarHandler): Promise<void> {
  await using handle = await openRegularFile(archive);
  const reader = new TarReader(handler);
  const stream = handle.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false });
  for await (const chunk of stream) reader.push(chunk);
  reader.finish();
}

function parseObject(files: ReadonlyMap<string, Buffer[]>, name: string): Record<string, unknown> {
  const content = Buffer.concat(files.get(name) ?? []);
  if (content.length === 0) throw new Error(`it has no ${name}`);
  const value: unknown = JSON.parse(content.toString());
  if (typeof value !== 'object' || value === null) throw new Error(`${name} is not a JSON object`);
  return { ...value };
}

function parseMounts(value: unknown): { destination: string }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((mount: unknown) =>
    isObject(mount) && typeof mount.destination === 'string' ? [{ destination: mount.destination }] : [],
  );
}

/**
 * Unpacks a checkpoint into a container's restore directory, and its changes to the image into the container's
 * writable layer, which is not mounted yet.
 */
export async function unpackCheckpoint(
  { config }: { readonly config: LiveConfig },
  paths: ContainerPaths,
  { name, layers }: Checkpoint,
  lowerDirs: readonly string[],
): Promise<void> {
  const { maxLayerFiles, maxLayerBytes } = config.current.image;
  const place = restorePlace(paths);
  mkdirSync(place.dir, { recursive: true, mode: 0o700 });
  const limits = { maxBytes: maxLayerBytes, maxFiles: maxLayerFiles };
  try {
    if (layers === undefined) await unpackArchive(name, place.dir, limits);
    else await copyCheckpoint(layers, place.dir, limits);
  } catch (error) {
    throw invalid('config.image.image', `checkpoint ${name} cannot be restored: ${messageWithCauses(error)}`);
  }
  mkdirSync(paths.upper, { recursive: true, mode: 0o755 });
  const diff = place.at(rootfsDiff);
  if (!isFile(diff)) return;
  const references = await unpackDiff(diff, paths.upper, maxLayerFiles);
  await completeFromParents(paths.upper, references, lowerDirs, { maxBytes: maxLayerBytes });
  rmSync(diff);
}

async function unpackArchive(archive: string, directory: string, limits: ArchiveLimits): Promise<void> {
  const extractor = new ArchiveExtractor(directory, limits);
  try {
    await readTar(archive, extractor);
  } finally {
    extractor.abandon();
  }
}

async function unpackDiff(archive: string, directory: string, maxFiles: number) {
  const extractor = new LayerExtractor(directory, maxFiles);
  try {
    await readTar(archive, extractor);
  } finally {
    extractor.abandon();
  }
  return extractor.finish();
}

/** Deletes from a container's mounted root the files that the checkpointed container had deleted. */
export async function deleteFromRoot(paths: ContainerPaths, rootfs: string): Promise<void> {
  const list = restorePlace(paths).at(deletedFiles);
  if (isFile(list) && lstatSync(list).size > maxListBytes) {
    throw new Error(`${deletedFiles} of the checkpoint is larger than ${maxListBytes} bytes`);
  }
  const names: unknown = isFile(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const name of Array.isArray(names) ? names : []) {
    if (typeof name !== 'string' || ['', '.', '..'].includes(basename(name))) continue;
    let parent: number;
    try {
      parent = openInRoot(rootfs, dirname(name), O_PATH | constants.O_DIRECTORY);
    } catch {
      // The directory that contained it is deleted as well.
      continue;
    }
    try {
      await removeTree(join(magicPath(parent), basename(name)));
    } finally {
      closeDescriptor(parent);
    }
  }
}

/**
 * Whether a path from an archive is a regular file. Archives are untrusted: a link could lead anywhere, and reading a
 * FIFO never ends.
 */
export function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Mounts that the new pod provides itself: its own files and kernel file systems. */
const ownDestinations = new Set([
  '/proc',
  '/dev',
  '/dev/pts',
  '/dev/mqueue',
  '/dev/shm',
  '/sys',
  '/sys/fs/cgroup',
  '/etc/resolv.conf',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/passwd',
  '/etc/group',
  '/run/secrets',
  '/run/.containerenv',
]);

/**
 * Refuses a checkpoint with a mount that the request does not have: an archive must not bring host paths of its own,
 * and criu restores only with every mount in place.
 */
export function checkMounts(checkpoint: Checkpoint, spec: Spec): void {
  const present = new Set((spec.mounts ?? []).map(({ destination }) => destination));
  const missing = (checkpoint.spec.mounts ?? [])
    .map(({ destination }) => destination)
    .filter((destination) => !ownDestinations.has(destination) && !present.has(destination));
  if (missing.length === 0) return;
  throw invalid(
    'config.mounts',
    `restoring ${checkpoint.name} expects following bind mounts defined (${missing.join(',')})`,
  );
}

/** The part of a process in config.json that identifies it, in a form that can be compared. */
export function processIdentity(process: unknown): string {
  if (typeof process !== 'object' || process === null) return '';
  const { args, cwd, user }: Record<string, unknown> = { ...process };
  return JSON.stringify({ args, cwd, user });
}
