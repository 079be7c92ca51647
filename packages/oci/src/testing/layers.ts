// Unpacks layers that tests make up.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, digestOf } from '../image-spec/digest.ts';
import type { LayerLimits } from '../layers/extract.ts';
import { unpackLayer } from '../layers/unpack.ts';
import type { TarEntry } from '../tar/entry.ts';
import { encodeTar } from '../tar/writer.ts';

/** Media type of a layer that is not compressed. */
export const oci = 'application/vnd.oci.image.layer.v1.tar';

/** What a test may say of a layer beside its entries. */
export interface UnpackOptions {
  parents?: string[] | Promise<string[]>;
  limits?: Partial<LayerLimits>;
  compress?: (tar: Buffer) => Buffer;
  mediaType?: string;
  diffId?: Digest;
  signal?: AbortSignal;
}

/** A directory of the test's own for blobs and what they unpack to. */
export class TestLayers implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'oci-unpack-'));
  /** Where the layer goes that was begun last. */
  lastTarget = '';
  #count = 0;

  /** Unpacks entries, or a tar, as a layer and returns where it is. */
  readonly unpack = async (entries: TarEntry[] | Buffer, options: UnpackOptions = {}): Promise<string> => {
    const { compress = (tar) => tar, mediaType = oci, parents = [], signal } = options;
    const tar = Buffer.isBuffer(entries) ? entries : Buffer.concat([...encodeTar(entries)]);
    const blob = join(this.dir, `blob-${this.#count}`);
    const target = join(this.dir, `layer-${this.#count++}`);
    this.lastTarget = target;
    writeFileSync(blob, compress(tar));
    await unpackLayer({
      blob,
      mediaType,
      diffId: options.diffId ?? digestOf(tar),
      target,
      parents: async () => parents,
      limits: { maxBytes: 100_000_000, maxFiles: 1000, ...options.limits },
      ...(signal && { signal }),
    });
    return target;
  };

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true });
  }
}
