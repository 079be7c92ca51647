// Unpacks one layer: decompresses, hashes, enforces the limits, and passes tar entries to LayerExtractor.
import { createHash } from 'node:crypto';
import { type Digest, DigestMismatchError, digestAlgorithm, finishDigest } from '../image-spec/digest.ts';
import { TarReader } from '../tar/reader.ts';
import { type DecompressionMemory, openLayer } from './decompress.ts';
import { LayerExtractor } from './extractor.ts';
import { LayerLimitError } from './layer-error.ts';
import type { ParentReferences } from './parent-layers.ts';

/** Limits of an unpacked layer. */
export interface LayerLimits {
  /** Bytes of the uncompressed tar, with the holes of sparse files. */
  maxBytes: number;
  /** Entries of any type, and directories without an entry. */
  maxFiles: number;
}

/** The parameters of extractLayer; plain data, as it is sent to another process. */
export interface Extraction {
  /** Path of the blob. */
  blob: string;
  diffId: Digest;
  /** An empty directory that no other process writes to. */
  directory: string;
  limits: LayerLimits;
  memory: DecompressionMemory;
}

/** The result of extractLayer. */
export interface ExtractedLayer extends ParentReferences {
  /** Number of entries and of directories without one, close to the number of inodes. */
  files: number;
  /** Disk usage in bytes, with 4 KiB blocks. */
  diskBytes: number;
  /** Bytes of the uncompressed tar, with the holes of sparse files. */
  tarBytes: number;
}

/**
 * Unpacks a layer's blob into a directory and verifies the digest of the uncompressed tar. After an error the caller
 * deletes the directory.
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
