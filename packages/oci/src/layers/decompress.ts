// Detects the compression of a layer or archive by its first bytes, and limits the memory of decompression.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { hasCode } from '@berth/common/error-code.ts';
import type { Compression } from '../image-spec/media-types.ts';

/** Memory limits of decompression. */
export interface DecompressionMemory {
  /** Bytes per piece. */
  chunkSize: number;
  /** Maximum window of a zstd frame, 2 ** windowLog bytes, which is held in memory. */
  windowLog: number;
}

/** In a daemon: the windows that tools use without `zstd --ultra` or `--long`. */
export const littleMemory: DecompressionMemory = { chunkSize: 64 * 1024, windowLog: 23 };

/** In a separate process: the largest window of zstd's own tools, and large chunks, which cost less to pass on. */
export const ampleMemory: DecompressionMemory = { chunkSize: 256 * 1024, windowLog: 27 };

/**
 * Opens a layer's blob as an uncompressed tar. The first bytes determine the compression and not the media type, which
 * tools and registries get wrong; other runtimes do the same. Decompression runs in another thread.
 */
export async function openLayer(blob: string, memory: DecompressionMemory): Promise<Readable> {
  const { chunkSize } = memory;
  const compression = await compressionOf(blob);
  const file = createReadStream(blob, { highWaterMark: chunkSize });
  if (compression === 'none') return file;
  const decompress = compression === 'gzip' ? createGunzip({ chunkSize }) : zstdDecompressor(memory);
  // The error is passed on by the result.
  return pipeline(file, decompress, () => {});
}

async function compressionOf(blob: string): Promise<Compression> {
  await using handle = await open(blob);
  const start = Buffer.alloc(magicBytes);
  const { bytesRead } = await handle.read(start, 0, magicBytes, 0);
  return detectCompression(start.subarray(0, bytesRead));
}

/** A decompressor with a limit of the window: see isWindowError. */
export function zstdDecompressor({ chunkSize, windowLog }: DecompressionMemory): ZstdDecompress {
  return createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
}

/** Whether decompression failed because the window of a zstd frame is above the limit. */
export function isWindowError(error: unknown): boolean {
  return hasCode(error, 'ZSTD_error_frameParameter_windowTooLarge');
}

/** Number of bytes that determine the compression: the magic number, and the length of a skippable frame. */
const magicBytes = 8;
const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The compression of content that starts with these bytes. */
export function detectCompression(start: Buffer): Compression {
  if (start.subarray(0, 3).equals(gzipMagic)) return 'gzip';
  return start.subarray(0, 4).equals(zstdMagic) || isSkippableFrame(start) ? 'zstd' : 'none';
}

/** A skippable frame, with which a zstd stream may begin (RFC 8878 section 3.1.2), as in zstd:chunked. */
function isSkippableFrame(start: Buffer): boolean {
  return start.length >= magicBytes && (start.readUInt32LE(0) & 0xfffffff0) === 0x184d2a50;
}
