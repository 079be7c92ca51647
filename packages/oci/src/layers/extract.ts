import { createHash } from 'node:crypto';
import { type Digest, DigestMismatchError, digestAlgorithm, finishDigest } from '../image-spec/digest.ts';
import { TarReader } from '../tar/reader.ts';
import { type DecompressionMemory, openLayer } from './decompress.ts';
import { LayerExtractor } from './extractor.ts';
import { LayerLimitError } from './layer-error.ts';
import type { ParentReferences } from './parent-layers.ts';

/** How much a layer may unpack to. */
export interface LayerLimits {
  /** Bytes of the uncompressed tar, with the holes of sparse files. */
  maxBytes: number;
  /** Entries of any type, and directories that the archive has no entry for. */
  maxFiles: number;
}

/** What extractLayer needs; plain data, since it crosses to a worker thread. */
export interface Extraction {
  /** Path of the blob. */
  blob: string;
  diffId: Digest;
  /** An empty directory that nobody else writes to. */
  directory: string;
  limits: LayerLimits;
  memory: DecompressionMemory;
}

/** What came of it. */
export interface ExtractedLayer extends ParentReferences {
  /** Entries, and directories without one: close to the inodes that it takes. */
  files: number;
  /** Bytes that it takes on disk, at 4 KiB blocks. */
  diskBytes: number;
  /** Bytes of the uncompressed tar, with the holes of sparse files. */
  tarBytes: number;
}

/**
 * Unpacks a layer's blob into a directory and verifies the digest of the uncompressed tar. What is left behind
 * after an error is for the caller to delete.
 *
 * @throws LayerError, TarError, DigestMismatchError
 */
export async function extractLayer(extraction: Extraction, signal?: AbortSignal): Promise<ExtractedLayer> {
  const { blob, diffId, directory, limits, memory } = extraction;
  const extractor = new LayerExtractor(directory, limits.maxFiles);
  let tarBytes = 0;
  const reader = new TarReader(extractor);
  const hash = createHash(digestAlgorithm(diffId));
  try {
    for await (const chunk of await openLayer(blob, memory)) {
      signal?.throwIfAborted();
      tarBytes += chunk.length;
      refuseMore(tarBytes + extractor.holeBytes, limits);
      hash.update(chunk);
      reader.push(chunk);
      refuseMore(tarBytes + extractor.holeBytes, limits);
    }
    reader.finish();
  } finally {
    extractor.abandon();
  }
  const actual = finishDigest(hash, digestAlgorithm(diffId));
  if (actual !== diffId) throw new DigestMismatchError('the unpacked layer (diff id)', diffId, actual);
  return { ...extractor.finish(), tarBytes: tarBytes + extractor.holeBytes };
}

function refuseMore(bytes: number, { maxBytes }: LayerLimits): void {
  if (bytes <= maxBytes) return;
  throw new LayerLimitError(
    'maxBytes',
    `unpacks to more than ${maxBytes} bytes, the limit maxBytes of a layer`,
  );
}
