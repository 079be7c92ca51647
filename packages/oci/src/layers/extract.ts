import { createHash } from 'node:crypto';
import { type Digest, DigestMismatchError, digestAlgorithm, finishDigest } from '../digest.ts';
import type { Compression } from '../media-types.ts';
import { TarReader } from '../tar/reader.ts';
import { type DecompressionMemory, openLayer } from './decompress.ts';
import { LayerExtractor, type Unsettled } from './extractor.ts';
import { LayerLimitError } from './layer-error.ts';

/** How much a layer may unpack to. */
export interface LayerLimits {
  /** Bytes of the uncompressed tar. */
  maxBytes: number;
  /** Entries of any type, and directories that the archive has no entry for. */
  maxFiles: number;
}

/** What extractLayer needs; plain data, since it crosses to a worker thread. */
export interface Extraction {
  /** Path of the blob. */
  blob: string;
  compression: Compression;
  diffId: Digest;
  /** An empty directory that nobody else writes to. */
  directory: string;
  limits: LayerLimits;
  memory: DecompressionMemory;
}

/** What came of it. */
export interface ExtractedLayer extends Unsettled {
  /** Entries, and directories without one: close to the inodes that it takes. */
  files: number;
  /** Bytes that it takes on disk, at 4 KiB blocks. */
  diskBytes: number;
  /** Bytes of the uncompressed tar. */
  tarBytes: number;
}

/**
 * Unpacks a layer's blob into a directory and verifies the digest of the uncompressed tar. What is left behind
 * after an error is for the caller to delete.
 *
 * @throws LayerError, TarError, DigestMismatchError
 */
export async function extractLayer(extraction: Extraction, signal?: AbortSignal): Promise<ExtractedLayer> {
  const { blob, compression, diffId, directory, limits, memory } = extraction;
  const extractor = new LayerExtractor(directory, limits.maxFiles);
  let tarBytes = 0;
  const reader = new TarReader(extractor);
  const hash = createHash(digestAlgorithm(diffId));
  try {
    for await (const chunk of openLayer(blob, compression, memory)) {
      signal?.throwIfAborted();
      tarBytes += chunk.length;
      if (tarBytes > limits.maxBytes) {
        throw new LayerLimitError(
          'maxBytes',
          `unpacks to more than ${limits.maxBytes} bytes, the limit maxBytes of a layer`,
        );
      }
      hash.update(chunk);
      reader.push(chunk);
    }
    reader.finish();
  } finally {
    extractor.abandon();
  }
  const actual = finishDigest(hash, digestAlgorithm(diffId));
  if (actual !== diffId) throw new DigestMismatchError('the unpacked layer (diff id)', diffId, actual);
  return { ...extractor.finish(), tarBytes };
}
