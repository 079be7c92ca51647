// Recognises images that contain a checkpoint and copies its files out of the unpacked layers.

import { constants, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageAnnotations } from '../image/annotations.ts';
import type { ImageRootfs } from '../image/rootfs.ts';
import type { ImageStore } from '../image/store.ts';
import type { ArchiveLimits } from './archive-extractor.ts';
import { configDump, imageDirectory, takenFiles } from './files.ts';
import { isImageFile, isRefusedFile } from './image-files.ts';

/** Annotations that mark an image as the checkpoint of the named container: CRI-O's and criu's. */
const nameAnnotations = [
  'io.kubernetes.cri-o.annotations.checkpoint.name',
  'org.criu.checkpoint.container.name',
] as const;

/** Whether an image is annotated as a checkpoint and holds its files. */
export async function isCheckpointImage(
  images: Pick<ImageStore, 'records' | 'content'>,
  { id, lowerDirs }: ImageRootfs,
): Promise<boolean> {
  // Checked first: this runs for every CreateContainer, and nearly all images have no such file.
  if (fileIn(lowerDirs, configDump) === undefined) return false;
  const annotations = await imageAnnotations(images, id);
  return nameAnnotations.some((name) => annotations[name] !== undefined);
}

/**
 * Content of a file of a checkpoint in an image; undefined when the image lacks the file or the file is larger than
 * `maxBytes`.
 */
export function readFileOf(lowerDirs: readonly string[], name: string, maxBytes: number): Buffer | undefined {
  const path = fileIn(lowerDirs, name);
  return path === undefined || lstatSync(path).size > maxBytes ? undefined : readFileSync(path);
}

/**
 * Copies a checkpoint from an image's layers to a directory. Images are untrusted: only regular files at the known
 * places are copied, and no link is followed. Throws for files that criu must not get.
 */
export async function copyCheckpoint(
  lowerDirs: readonly string[],
  directory: string,
  { maxBytes, maxFiles }: ArchiveLimits,
): Promise<void> {
  let bytes = 0;
  const copy = async (from: string | undefined, name: string) => {
    if (from === undefined) return;
    bytes += lstatSync(from).size;
    if (bytes > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes (image.maxLayerBytes)`);
    await copyFile(from, join(directory, name), constants.COPYFILE_FICLONE);
  };
  for (const name of takenFiles) await copy(fileIn(lowerDirs, name), name);
  mkdirSync(join(directory, imageDirectory), { mode: 0o700 });
  const images = lowerDirs.map((layer) => join(layer, imageDirectory)).filter(isDirectory);
  const names = new Set(images.flatMap((layer) => readdirSync(layer)));
  if (names.size > maxFiles) throw new Error(`it has more than ${maxFiles} files (image.maxLayerFiles)`);
  for (const name of names) {
    if (isRefusedFile(name)) throw new Error(`${imageDirectory}/${name} is not of a container's checkpoint`);
    if (isImageFile(name)) await copy(fileIn(images, name), join(imageDirectory, name));
  }
}

/** The path of a regular file in the topmost layer that has an entry of this name. */
function fileIn(lowerDirs: readonly string[], name: string): string | undefined {
  for (const layer of lowerDirs) {
    const path = join(layer, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) return stats.isFile() ? path : undefined;
  }
  return undefined;
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
