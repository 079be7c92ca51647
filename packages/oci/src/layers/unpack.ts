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

/** What is to be unpacked. */
export interface UnpackRequest {
  /** Path of the layer's blob. */
  blob: string;
  mediaType: string;
  /** Digest that the uncompressed tar must have. */
  diffId: Digest;
  /** The directory that the layer becomes. Its parent must exist, itself not. */
  target: string;
  /** Tells the unpacked layers below, topmost first, once they are: the layers of an image unpack side by side. */
  parents: () => Promise<readonly string[]>;
  limits: LayerLimits;
  signal?: AbortSignal;
}

/** What was unpacked. */
export interface UnpackedLayer {
  /** Bytes that it takes on disk, at 4 KiB blocks. */
  diskBytes: number;
  /** Entries of the archive and directories that they imply, close to the inodes that it takes. */
  files: number;
}

/** Suffix of directories that are being unpacked; one that is found at start is garbage. */
export const partialSuffix = '.partial';

/**
 * Unpacks a layer as a lower directory for overlayfs. It appears under its name only when it is complete; after a
 * failure nothing is left. One is unpacked at a time in this process, and two in processes of their own.
 *
 * @throws LayerError naming the diff id and, where there is one, the entry or the limit
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

/** Bytes of a blob that is small enough to try without a process. */
const smallBlob = 2 * 1024 * 1024;
/** What a small blob may unpack to: a few milliseconds of work at a time, a tenth of a second in all. */
const smallLayer: LayerLimits = { maxBytes: 16 * 1024 * 1024, maxFiles: 2000 };

/**
 * Layers that are unpacked in this process at a time, of all images together: each takes the window and pieces of its
 * decompression. More than one would be no faster, as this thread writes the files.
 */
const inThisProcess = new Semaphore(1);

/** Starting a process takes longer than to unpack a small layer. */
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
