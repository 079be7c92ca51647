import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { hasCode } from '@berth/linux/errno.ts';
import type { Compression } from '../media-types.ts';

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

/** Opens a layer's blob as its uncompressed tar. Decompression runs on another thread than the reader. */
export function openLayer(blob: string, compression: Compression, memory: DecompressionMemory): Readable {
  const { chunkSize } = memory;
  const file = createReadStream(blob, { highWaterMark: chunkSize });
  if (compression === 'none') return file;
  const decompress = compression === 'gzip' ? createGunzip({ chunkSize }) : zstdDecompressor(memory);
  // The error reaches whoever reads the result.
  return pipeline(file, decompress, () => {});
}

/** A decompressor that refuses larger windows: see isWindowError. */
export function zstdDecompressor({ chunkSize, windowLog }: DecompressionMemory): ZstdDecompress {
  return createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
}

/** Whether decompression failed because a zstd frame wants a larger window than it may have. */
export function isWindowError(error: unknown): boolean {
  return hasCode(error, 'ZSTD_error_frameParameter_windowTooLarge');
}

const magics: [Compression, number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** How content that starts with these bytes is compressed. */
export function detectCompression(start: Buffer): Compression {
  const found = magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte));
  return found?.[0] ?? 'none';
}
