// Decides where a layer is unpacked: small ones in this process, others in a child process (unpack-process.ts).
import { mkdir, rename, stat } from 'node:fs/promises';
import { untilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { printable, quoted } from '@berth/common/printable.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { Digest } from '../image-spec/digest.ts';
import { isLayerType } from '../image-spec/media-types.ts';
import { ampleMemory, isWindowError, littleMemory } from './decompress.ts';
import { type ExtractedLayer, type Extraction, extractLayer, type LayerLimits } from './extract.ts';
import { LayerError, LayerLimitError } from './layer-error.ts';
import { completeFromParents } from './parent-layers.ts';
import { extractInProcess } from './unpack-process.ts';

/** A layer to unpack. */
export interface UnpackRequest {
  /** Path of the layer's blob. */
  blob: string;
  mediaType: string;
  /** Digest of the uncompressed tar. */
  diffId: Digest;
  /** The directory to create for the layer. Its parent must exist. */
  target: string;
  /** Resolves with the unpacked parent layers, topmost first: the layers of an image are unpacked concurrently. */
  parents: () => Promise<readonly string[]>;
  limits: LayerLimits;
  signal?: AbortSignal;
}

/** An unpacked layer. */
export interface UnpackedLayer {
  /** Disk usage in bytes, with 4 KiB blocks. */
  diskBytes: number;
  /** Number of entries and of directories without one, close to the number of inodes. */
  files: number;
}

/** Suffix of directories that are being unpacked; those found at start are removed. */
export const partialSuffix = '.partial';

/**
 * Unpacks a layer as a lower directory of overlayfs. The directory is renamed when it is complete, and removed after a
 * failure. Unpacks at most one small layer at a time in this process, and two layers in separate processes.
 *
 * @throws LayerError that names the diff id, and the entry or limit if any
 */
export async function unpackLayer(request: UnpackRequest): Promise<UnpackedLayer> {
  const { blob, mediaType, diffId, target, parents, limits, signal } = request;
  if (!isLayerType(mediaType))
    throw new LayerError(`layer ${diffId}: ${quoted(mediaType)} is not a file system layer`);
  const directory = `${target}${partialSuffix}`;
  try {
    const extraction = { blob, diffId, directory, limits, memory: ampleMemory };
    const { diskBytes, files, tarBytes, ...references } = await extract(extraction, signal);
    const below = await untilAborted(parents(), signal);
    const copiedBytes = await completeFromParents(directory, references, below, {
      maxBytes: limits.maxBytes - tarBytes,
      ...(signal && { signal }),
    });
    signal?.throwIfAborted();
    await rename(directory, target);
    return { diskBytes: diskBytes + copiedBytes, files };
  } catch (error) {
    await removeTree(directory);
    signal?.throwIfAborted();
    throw error instanceof Error && error.message.startsWith('layer ')
      ? error
      : new LayerError(`layer ${diffId}: ${printable(messageOf(error))}`, {
          cause: error,
        });
  }
}

/** Maximum size of a blob to unpack in this process. */
const smallBlob = 2 * 1024 * 1024;
/** Limits of a layer in this process: it blocks for a few milliseconds at a time, and takes 0.1 s in all. */
const smallLayer: LayerLimits = { maxBytes: 16 * 1024 * 1024, maxFiles: 2000 };

/**
 * Unpacks one layer at a time in this process, for all images together: each needs memory for decompression, and
 * concurrency would not be faster, because this thread writes all files.
 */
const inThisProcess = new Semaphore(1);

/** Unpacks a small layer in this process: starting a child process would take longer. */
async function extract(extraction: Extraction, signal: AbortSignal | undefined): Promise<ExtractedLayer> {
  const { blob, directory, limits } = extraction;
  await emptyDirectory(directory);
  const isSmall = (await stat(blob)).size <= smallBlob;
  if (!isSmall) return extractInProcess(extraction, signal);
  const tightened = {
    maxBytes: Math.min(limits.maxBytes, smallLayer.maxBytes),
    maxFiles: Math.min(limits.maxFiles, smallLayer.maxFiles),
  };
  const small = { ...extraction, limits: tightened, memory: littleMemory };
  try {
    return await inThisProcess.run(() => extractLayer(small, signal), signal);
  } catch (error) {
    if (!(error instanceof LayerLimitError) && !isWindowError(error)) throw error;
  }
  await emptyDirectory(directory);
  return extractInProcess(extraction, signal);
}

async function emptyDirectory(path: string): Promise<void> {
  await removeTree(path);
  await mkdir(path, { mode: 0o755 });
}
