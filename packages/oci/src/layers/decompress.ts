import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { hasCode } from '@berth/linux/syscall/errno.ts';
import type { Compression } from '../image-spec/media-types.ts';

/** What decompression may take of memory. */
export interface DecompressionMemory {
  /** Bytes per piece. */
  chunkSize: number;
  /** A zstd frame's window, of 2 ** windowLog bytes, is held in memory; the frame says how large it is. */
  windowLog: number;
}

/** In a daemon: all that tools write unless they are asked for more (`zstd --ultra`, `--long`). */
export const littleMemory: DecompressionMemory = { chunkSize: 64 * 1024, windowLog: 23 };

/** In a process for it: the largest window of zstd's own tools, and pieces whose hand-over does not count. */
export const ampleMemory: DecompressionMemory = { chunkSize: 256 * 1024, windowLog: 27 };

/**
 * Opens a layer's blob as its uncompressed tar. Its first bytes tell the compression, whatever its media type says:
 * pushing tools and registries mistake it, and other runtimes look at the bytes as well. Decompression runs on another
 * thread than the reader.
 */
export async function openLayer(blob: string, memory: DecompressionMemory): Promise<Readable> {
  const { chunkSize } = memory;
  const compression = await compressionOf(blob);
  const file = createReadStream(blob, { highWaterMark: chunkSize });
  if (compression === 'none') return file;
  const decompress = compression === 'gzip' ? createGunzip({ chunkSize }) : zstdDecompressor(memory);
  // The error reaches whoever reads the result.
  return pipeline(file, decompress, () => {});
}

async function compressionOf(blob: string): Promise<Compression> {
  await using handle = await open(blob);
  const start = Buffer.alloc(magicBytes);
  const { bytesRead } = await handle.read(start, 0, magicBytes, 0);
  return detectCompression(start.subarray(0, bytesRead));
}

/** A decompressor that refuses larger windows: see isWindowError. */
export function zstdDecompressor({ chunkSize, windowLog }: DecompressionMemory): ZstdDecompress {
  return createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
}

/** Whether decompression failed because a zstd frame wants a larger window than it may have. */
export function isWindowError(error: unknown): boolean {
  return hasCode(error, 'ZSTD_error_frameParameter_windowTooLarge');
}

/** Bytes that tell a compression: a skippable frame is told from other content by having a length, too. */
const magicBytes = 8;
const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** How content that starts with these bytes is compressed. */
export function detectCompression(start: Buffer): Compression {
  if (start.subarray(0, 3).equals(gzipMagic)) return 'gzip';
  return start.subarray(0, 4).equals(zstdMagic) || isSkippableFrame(start) ? 'zstd' : 'none';
}

/** Content of tools' own (zstd:chunked has some) that a zstd stream may begin with (RFC 8878 section 3.1.2). */
function isSkippableFrame(start: Buffer): boolean {
  return start.length >= magicBytes && (start.readUInt32LE(0) & 0xfffffff0) === 0x184d2a50;
}
