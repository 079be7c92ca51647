// A large image of made-up files, for benchmarks and tests of pull and unpack.
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { seededFractions } from './random.ts';

/** What the large image has in it. */
export interface LargeImage {
  /** The OCI layout directory to write, or to add to. */
  dir: string;
  /** Full name of the image. */
  name: string;
  /** Bytes of all files, 490 MiB by default. */
  bytes?: number;
  /** Regular files, 20,000 by default. */
  files?: number;
}

/** How the content spreads over the layers, bottom first: a base, two layers of packages, an application, a patch. */
const layerShares = [0.3, 0.25, 0.25, 0.15, 0.05];
const filesPerDirectory = 40;
const poolBytes = 4 * 1024 * 1024;

/**
 * Writes an image of five gzip layers, whose content gzip shrinks to about half, as programs and text do. Sizes
 * of files are spread as those of a distribution: most are small, a few have most of the bytes. The same
 * arguments always give the same image. It takes about 25 s and 400 MiB of memory for the default size.
 */
export async function writeLargeImage({ dir, name, bytes = 490 * 1024 ** 2, files = 20_000 }: LargeImage) {
  const pool = contentPool();
  return writeOciLayout({
    dir,
    name,
    layers: layerShares.map((share, index) =>
      layer(index, Math.round(files * share), bytes * share, pool, seededFractions(index + 1)),
    ),
    config: { Cmd: ['/bin/sh'] },
  });
}

function* layer(
  index: number,
  files: number,
  bytes: number,
  pool: Buffer,
  next: () => number,
): Generator<TarEntry> {
  const weights = Array.from({ length: files }, () => 0.02 + next() ** 8 * 10);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [number, weight] of weights.entries()) {
    const directory = `usr/share/layer-${index}/package-${Math.floor(number / filesPerDirectory)}`;
    if (number % filesPerDirectory === 0) yield { type: 'directory', path: directory, mtime: 1_700_000_000 };
    const size = Math.round((bytes * weight) / total);
    const pieces: Buffer[] = [];
    for (let left = size; left > 0; ) {
      const start = Math.floor(next() * (poolBytes - 65_536));
      const piece = pool.subarray(start, start + Math.min(left, 65_536));
      pieces.push(piece);
      left -= piece.length;
    }
    yield {
      type: 'file',
      path: `${directory}/file-${number}.dat`,
      mode: number % 10 === 0 ? 0o755 : 0o644,
      mtime: 1_700_000_000 + number,
      content: Buffer.concat(pieces),
    };
  }
}

/** Bytes that compress as the files of an image do: words, and binary with few values. */
function contentPool(): Buffer {
  const next = seededFractions(99);
  const words = Array.from({ length: 2000 }, () =>
    Array.from({ length: 3 + Math.floor(next() * 8) }, () =>
      String.fromCharCode(97 + Math.floor(next() * 26)),
    ).join(''),
  );
  const pool = Buffer.alloc(poolBytes);
  for (let offset = 0; offset < poolBytes; ) {
    if (Math.floor(offset / 4096) % 3 === 0) {
      for (const end = Math.min(offset + 4096, poolBytes); offset < end; offset++)
        pool[offset] = next() ** 3 * 60;
    } else {
      offset += Math.max(1, pool.write(`${words[Math.floor(next() ** 3 * words.length)]} `, offset));
    }
  }
  return pool;
}
