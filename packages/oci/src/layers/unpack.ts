import { mkdir, rename, rm } from 'node:fs/promises';
import { untilAborted } from '../abort.ts';
import type { Digest } from '../digest.ts';
import { layerCompression } from '../media-types.ts';
import type { LayerLimits } from './extract.ts';
import { LayerError } from './layer-error.ts';
import { settleLayer } from './settle.ts';
import { extractInWorker } from './worker-pool.ts';

/** What is to be unpacked. */
export interface UnpackRequest {
  /** Path of the layer's blob. */
  blob: string;
  mediaType: string;
  /** Digest that the uncompressed tar must have. */
  diffId: Digest;
  /** The directory that the layer becomes. Its parent must exist, itself not. */
  target: string;
  /** Unpacked layers below, topmost first; a promise lets the layers of an image unpack side by side. */
  parents: readonly string[] | Promise<readonly string[]>;
  limits: LayerLimits;
  signal?: AbortSignal;
}

/** What was unpacked. */
export interface UnpackedLayer {
  /** Bytes that it takes on disk, at 4 KiB blocks. */
  diskBytes: number;
  /** Entries of the archive, close to the inodes that it takes. */
  files: number;
}

/** Suffix of directories that are being unpacked; one that is found at start is garbage. */
export const partialSuffix = '.partial';

/**
 * Unpacks a layer as a lower directory for overlayfs. It appears under its name only when it is complete; after a
 * failure nothing is left. At most two are unpacked at a time in the process.
 *
 * @throws LayerError naming the diff id and, where there is one, the entry or the limit
 */
export async function unpackLayer(request: UnpackRequest): Promise<UnpackedLayer> {
  const { blob, mediaType, diffId, target, parents, limits, signal } = request;
  // Whoever makes this promise sees it fail; here it must not count as unhandled while the layer is extracted.
  const settledParents = Promise.resolve(parents);
  settledParents.catch(() => {});
  const compression = layerCompression(mediaType);
  if (!compression) throw new LayerError(`layer ${diffId}: ${mediaType} is not a file system layer`);
  const directory = `${target}${partialSuffix}`;
  try {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { mode: 0o755 });
    const extraction = { blob, compression, diffId, directory, limits };
    const { diskBytes, files, ...unsettled } = await extractInWorker(extraction, signal);
    await settleLayer(directory, unsettled, await untilAborted(settledParents, signal));
    signal?.throwIfAborted();
    await rename(directory, target);
    return { diskBytes, files };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    signal?.throwIfAborted();
    throw error instanceof Error && error.message.startsWith('layer ')
      ? error
      : new LayerError(`layer ${diffId}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
  }
}
