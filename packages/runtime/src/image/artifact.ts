// Stores a pulled OCI artifact like an image of one layer, so that it can be mounted as an image volume.

import { mkdir, rename } from 'node:fs/promises';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { type Digest, digestOf } from '@berth/oci/image-spec/digest.ts';
import type { Image } from '@berth/oci/image-spec/image.ts';
import { layOutArtifact } from '@berth/oci/layers/artifact-files.ts';
import { partialSuffix } from '@berth/oci/layers/unpack.ts';
import { nowNs } from '../time/clock.ts';
import type { ImageService } from './service.ts';
import { ImageSizeError } from './unpack.ts';

/** @throws ImageSizeError for an artifact that is larger than an image may be */
export function checkArtifactSize(service: ImageService, { size }: Image): void {
  const { maxImageBytes } = service.settings.limits;
  if (size > maxImageBytes) throw new ImageSizeError('artifact has', maxImageBytes);
}

/** Digest of the single layer that stands for an artifact. */
export function artifactLayer({ manifestDigest }: Pick<Image, 'manifestDigest'>): Digest {
  return digestOf(`artifact ${manifestDigest}`);
}

/**
 * Records an OCI artifact whose files are in the content store, as an image of one layer: a directory with the files
 * by their titles. Listing, removal and image volumes then work for it as for an image.
 */
export async function addArtifact(
  service: ImageService,
  image: Image & { digest: Digest },
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { layers, content, records } = service;
  const { manifest, manifestDigest, digest } = image;
  const chainId = artifactLayer(image);
  await layers.make(chainId, signal, async (target) => {
    const directory = `${target}${partialSuffix}`;
    try {
      await mkdir(directory, { mode: 0o755 });
      const laidOut = await layOutArtifact(manifest.layers, directory, (file) => content.path(file.digest));
      await rename(directory, target);
      return laidOut;
    } catch (error) {
      await removeTree(directory);
      throw error;
    }
  });
  const config = { ...image.config, artifactType: manifest.artifactType ?? '' };
  records.addImage(
    {
      id: image.configDigest,
      configText: JSON.stringify({ ...config, annotations: manifest.annotations }),
      layers: [chainId],
      documents: [...new Set([digest, manifestDigest])],
      pulledAt: nowNs(),
      phase: 'ready',
    },
    names,
  );
}
