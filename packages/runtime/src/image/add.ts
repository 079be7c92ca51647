// Writes the records of an image at the end of a pull or import.

import type { Digest } from '@berth/oci/image-spec/digest.ts';
import type { Image } from '@berth/oci/image-spec/image.ts';
import { nowNs } from '../time/clock.ts';
import type { ImageStore } from './store.ts';

/** Records an image whose layers are unpacked, under its names. */
export async function addImage(
  { records, content }: Pick<ImageStore, 'records' | 'content'>,
  image: Image & { digest: Digest },
  names: readonly string[],
): Promise<void> {
  const { configDigest, layers, digest, manifestDigest } = image;
  const configText = (await content.read(configDigest)).toString();
  records.addImage(
    {
      id: configDigest,
      configText,
      layers: layers.map(({ chainId }) => chainId),
      documents: [...new Set([digest, manifestDigest, configDigest])],
      pulledAt: nowNs(),
      phase: 'ready',
    },
    names,
  );
}
