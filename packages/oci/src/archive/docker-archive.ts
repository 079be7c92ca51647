// Imports images from a docker-archive (`docker save`): it has no OCI manifests, so this file makes them.
import { open } from 'node:fs/promises';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { quoted } from '@berth/common/printable.ts';
import type { ContentStore } from '../content/store.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import type { Digest } from '../image-spec/digest.ts';
import { assembleImage } from '../image-spec/image.ts';
import type { ImageManifest } from '../image-spec/manifest.ts';
import { mediaTypes } from '../image-spec/media-types.ts';
import { detectCompression } from '../layers/decompress.ts';
import { parseReference } from '../reference/reference.ts';
import type { ImportedImage } from './imported-image.ts';
import { ArchiveError, type ArchiveSource } from './source.ts';

/** Limit of the layers of all images in an archive. Images share layers, so a few files could make any number. */
const maxLayers = 20_000;

/** Reads the images in the manifest.json of a docker-archive, and makes OCI manifests for them. */
export async function readDockerArchive(
  source: ArchiveSource,
  store: ContentStore,
): Promise<ImportedImage[]> {
  const content = await source.document('manifest.json');
  if (!content) {
    throw new ArchiveError(
      `${source.name}: not an image archive: neither index.json nor manifest.json is in it`,
    );
  }
  const images: ImportedImage[] = [];
  const mediaTypesOf = new Map<Digest, string>();
  let count = 0;
  for (const json of JsonCursor.parseUnambiguous(content, 'manifest.json').array()) {
    const config = await file(source, json.field('Config').string());
    const layers: Descriptor[] = [];
    count += json.field('Layers').array().length;
    if (count > maxLayers)
      throw new ArchiveError(`${source.name}: its images have more than ${maxLayers} layers`);
    for (const path of json.field('Layers').strings()) {
      const layer = await file(source, path);
      const mediaType = mediaTypesOf.get(layer.digest) ?? (await layerMediaType(store, layer));
      mediaTypesOf.set(layer.digest, mediaType);
      layers.push({ mediaType, ...layer });
    }
    const manifest: ImageManifest = {
      kind: 'manifest',
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, ...config },
      layers,
      annotations: {},
    };
    const { mediaType } = manifest;
    const digest = await store.put(
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: manifest.config, layers })),
    );
    const tags = json.field('RepoTags').optional((it) => it.strings()) ?? [];
    images.push({
      ...assembleImage(manifest, digest, await store.read(config.digest)),
      digest,
      references: tags.map(parseReference),
    });
  }
  return images;
}

async function file(source: ArchiveSource, path: string): Promise<Pick<Descriptor, 'digest' | 'size'>> {
  const found = await source.file(path);
  if (!found)
    throw new ArchiveError(`${source.name}: ${quoted(path)}, which manifest.json names, is missing`);
  return found;
}

async function layerMediaType(store: ContentStore, { digest }: Pick<Descriptor, 'digest'>): Promise<string> {
  const blob = await open(store.path(digest));
  try {
    const { buffer, bytesRead } = await blob.read(Buffer.alloc(4), 0, 4, 0);
    const compression = detectCompression(buffer.subarray(0, bytesRead));
    return compression === 'none' ? mediaTypes.ociLayer : `${mediaTypes.ociLayer}+${compression}`;
  } finally {
    await blob.close();
  }
}
