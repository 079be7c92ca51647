// Images and unpacked layers as the database has them; schema.ts says what each column is.

import { JsonCursor } from '@berth/common/json/cursor.ts';
import { type Digest, parseDigest } from '@berth/oci/image-spec/digest.ts';
import { type ImageConfig, readImageConfig } from '@berth/oci/image-spec/image-config.ts';
import type { RowReader } from '../state/row.ts';

/** An image in the store. */
export interface StoredImage {
  /** Digest of its configuration. */
  readonly id: Digest;
  /** `User` of the configuration. The rest, which may be megabytes, is read on demand. */
  readonly user: string;
  /** Bytes of the configuration. */
  readonly configBytes: number;
  /** Chain ids, bottom first. */
  readonly layers: readonly Digest[];
  /** Blobs that belong to it and are kept: its index, manifest and configuration. */
  readonly documents: readonly Digest[];
  /** Nanoseconds since 1970. */
  readonly pulledAt: bigint;
  /** `removing`: it has no name, and is deleted with its last container. */
  readonly phase: 'ready' | 'removing';
}

/** An image that is to be stored. */
export interface NewImage extends Omit<StoredImage, 'user' | 'configBytes'> {
  /** The configuration as its author wrote it. */
  readonly configText: string;
}

/** An unpacked layer. */
export interface StoredLayer {
  readonly chainId: Digest;
  /** Name of its directory: short, since paths of lower layers add up in a mount. */
  readonly dir: number;
  readonly diskBytes: number;
  readonly files: number;
  /** Nanoseconds since 1970. */
  readonly unpackedAt: bigint;
  /** Id of the boot at which it was made, until it is flushed to the disk; '' then. */
  readonly volatileSince: string;
  /** Number of entries in its top directory; -1 where that is not known. */
  readonly topNames: number;
}

/** Reads an image configuration as its author wrote it. */
export function parseConfig(text: string): ImageConfig {
  return readImageConfig(JsonCursor.parse(text, 'image config'));
}

/** Reads a row of the table `image`, all but the configuration. */
export function parseImage(row: RowReader): Omit<NewImage, 'configText'> {
  const phase = row.text('phase');
  return {
    id: parseDigest(row.text('id')),
    layers: row.strings('layers').map(parseDigest),
    documents: row.strings('documents').map(parseDigest),
    pulledAt: row.bigint('pulled_at'),
    phase: phase === 'ready' || phase === 'removing' ? phase : row.fail('phase', 'a phase of an image'),
  };
}

/** Reads a row of the table `image_layer`. */
export function parseLayer(row: RowReader): StoredLayer {
  return {
    chainId: parseDigest(row.text('chain_id')),
    dir: row.number('dir'),
    diskBytes: row.number('disk_bytes'),
    files: row.number('files'),
    unpackedAt: row.bigint('unpacked_at'),
    volatileSince: row.text('volatile_since'),
    topNames: row.number('top_names'),
  };
}
