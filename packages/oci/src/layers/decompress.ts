import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Compression } from '../media-types.ts';

/** Bytes per piece: large enough that the hand-over between threads does not count. */
const chunkSize = 256 * 1024;

/** Opens a layer's blob as its uncompressed tar. Decompression runs on another thread than the reader. */
export function openLayer(blob: string, compression: Compression): Readable {
  const file = createReadStream(blob, { highWaterMark: chunkSize });
  if (compression === 'none') return file;
  const decompress =
    compression === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  // The error reaches whoever reads the result.
  return pipeline(file, decompress, () => {});
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
