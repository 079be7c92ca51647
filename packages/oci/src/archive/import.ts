// Entry point for image archives: chooses the reader by content, replaces names, and removes blobs that no image
// needs.
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { printable } from '@berth/common/printable.ts';
import type { ContentStore } from '../content/store.ts';
import type { Digest } from '../image-spec/digest.ts';
import type { Image } from '../image-spec/image.ts';
import { hostPlatform, type Platform } from '../image-spec/platform.ts';
import { parseReference } from '../reference/reference.ts';
import { DirectorySource } from './directory-source.ts';
import { readDockerArchive } from './docker-archive.ts';
import type { ImportedImage } from './imported-image.ts';
import { readOciLayout } from './oci-layout.ts';
import { ArchiveError, type ArchiveSource } from './source.ts';
import { TarSource } from './tar-source.ts';

/** An archive to import. */
export interface ImportRequest {
  /** A path on this machine (a layout's directory, or a tar), or the bytes of a tar. */
  archive: string | AsyncIterable<Buffer>;
  store: ContentStore;
  /** Names that replace those in the archive. Only for an archive with a single image. */
  names?: string[];
  /** This machine's by default. */
  platform?: Platform;
  /** Maximum size of the archive in bytes, and the setting that it comes from; unlimited when absent. */
  limit?: { bytes: number; setting: string };
  signal?: AbortSignal;
}

/**
 * Imports the images of an archive: an OCI layout (directory or tar) or a docker-archive (`docker save`); tars may be
 * compressed. Verifies everything, and removes blobs that no image needs.
 *
 * @throws ArchiveError whose message starts with the archive's name
 */
export async function importArchive(request: ImportRequest): Promise<ImportedImage[]> {
  const { store, platform = hostPlatform(), signal } = request;
  const names = request.names?.map(parseReference);
  const source = await openSource(request);
  const used = new Set<Digest>();
  try {
    const images = (await source.document('index.json'))
      ? await readOciLayout(source, store, platform)
      : await readDockerArchive(source, store);
    if (images.length === 0) throw new ArchiveError(`${source.name}: it has no image`);
    if (names && images.length > 1) {
      throw new ArchiveError(`${source.name}: names are given, but it has ${images.length} images`);
    }
    const named = images.map((image) => (names ? { ...image, references: names } : image));
    for (const image of named) for (const digest of blobsOf(image)) used.add(digest);
    return named;
  } catch (error) {
    used.clear();
    signal?.throwIfAborted();
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(`${source.name}: ${printable(messageOf(error))}`, {
      cause: error,
    });
  } finally {
    for (const digest of source.added()) if (!used.has(digest)) await store.remove(digest);
  }
}

/** The blobs of an image. */
export function blobsOf({
  manifestDigest,
  configDigest,
  layers,
  digest,
}: Image & { digest: Digest }): Digest[] {
  return [digest, manifestDigest, configDigest, ...layers.map(({ descriptor }) => descriptor.digest)];
}

async function openSource({ archive, store, limit, signal }: ImportRequest): Promise<ArchiveSource> {
  const admit = byteBudget(limit);
  if (typeof archive !== 'string') return TarSource.read('image archive', archive, { store, admit, signal });
  const stats: Stats = await stat(archive).catch((cause) => {
    throw new ArchiveError(`${archive}: ${cause.code === 'ENOENT' ? 'no such file' : cause.message}`, {
      cause,
    });
  });
  if (stats.isDirectory()) return new DirectorySource(archive, { store, admit, signal });
  const bytes = createReadStream(archive, { highWaterMark: 1024 * 1024 });
  return TarSource.read(archive, bytes, { store, admit, signal });
}

/** Counts the bytes of an archive as they are read; throws above the limit. */
function byteBudget(limit: ImportRequest['limit']): (bytes: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (limit !== undefined && total > limit.bytes)
      throw new Error(`more than ${limit.bytes} bytes, the limit ${limit.setting}`);
  };
}
