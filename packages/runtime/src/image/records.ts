// The store of image rows: images, their names and unpacked layers. rows.ts has their types.

import type { DatabaseSync } from 'node:sqlite';
import { type Digest, parseDigest } from '@berth/oci/image-spec/digest.ts';
import type { ImageConfig } from '@berth/oci/image-spec/image-config.ts';
import { migrate } from '../state/database.ts';
import { RowReader } from '../state/row.ts';
import {
  type NewImage,
  parseConfig,
  parseImage,
  parseLayer,
  type StoredImage,
  type StoredLayer,
} from './rows.ts';
import { imageSchema } from './schema.ts';

/** Images, their names and layers: writes go to the database first, reads come from memory. */
export class ImageRecords {
  readonly #database: DatabaseSync;
  readonly #byId = new Map<Digest, StoredImage>();
  readonly #byName = new Map<string, Digest>();
  readonly #byChainId = new Map<Digest, StoredLayer>();
  #lastDir = 0;

  /** Loads the rows; makes the tables in a database that has none. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    migrate(database, 'image', imageSchema);
    for (const row of this.#rows('image')) this.#remember(parseImage(row), row.text('config'));
    for (const row of this.#rows('image_name')) {
      this.#byName.set(row.text('name'), parseDigest(row.text('image_id')));
    }
    for (const row of this.#rows('image_layer')) {
      this.#lastDir = Math.max(this.#lastDir, row.number('dir'));
      if (row.text('phase') === 'ready')
        this.#byChainId.set(parseDigest(row.text('chain_id')), parseLayer(row));
    }
  }

  image(id: string): StoredImage | undefined {
    return this.#byId.get(id as Digest);
  }

  /** The configuration of an image as its author wrote it. */
  configText(id: Digest): string {
    const row = this.#database.prepare('SELECT config FROM image WHERE id = ?').get(id);
    if (row === undefined) throw new Error(`image ${id} is not in the database`);
    return new RowReader('image', row).text('config');
  }

  /** The configuration of an image. */
  config(id: Digest): ImageConfig {
    return parseConfig(this.configText(id));
  }

  /** Every image, including those that are being removed. */
  images(): Iterable<StoredImage> {
    return this.#byId.values();
  }

  /** The image of a full name, as `docker.io/library/nginx:1`. */
  named(name: string): StoredImage | undefined {
    const id = this.#byName.get(name);
    return id && this.#byId.get(id);
  }

  /** The full names of an image: tags and digests. */
  names(id: Digest): string[] {
    return [...this.#byName].flatMap(([name, image]) => (image === id ? [name] : []));
  }

  layer(chainId: Digest): StoredLayer | undefined {
    return this.#byChainId.get(chainId);
  }

  layers(): Iterable<StoredLayer> {
    return this.#byChainId.values();
  }

  /** Adds an image, or restores one that is being removed, and points names to it. */
  addImage({ configText, ...image }: NewImage, names: readonly string[]): void {
    this.#transaction(() => {
      this.#database
        .prepare(
          `INSERT INTO image (id, config, layers, documents, pulled_at, phase) VALUES (?, ?, ?, ?, ?, 'ready')
           ON CONFLICT (id) DO UPDATE SET phase = 'ready', documents = excluded.documents`,
        )
        .run(
          image.id,
          configText,
          JSON.stringify(image.layers),
          JSON.stringify(image.documents),
          image.pulledAt,
        );
      const name = this.#database.prepare(
        'INSERT INTO image_name VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id',
      );
      for (const each of names) name.run(each, image.id);
    });
    this.#remember(image, configText);
    for (const name of names) this.#byName.set(name, image.id);
  }

  /** Points one more name to an image; an image that had the name loses it. */
  addName(name: string, id: Digest): void {
    this.#database
      .prepare(
        'INSERT INTO image_name VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id',
      )
      .run(name, id);
    this.#byName.set(name, id);
  }

  /** Removes one name; the image stays. */
  removeName(name: string): void {
    this.#database.prepare('DELETE FROM image_name WHERE name = ?').run(name);
    this.#byName.delete(name);
  }

  /** Removes all names of an image, so that no lookup finds it. */
  retire(id: Digest): void {
    const image = this.#byId.get(id);
    if (!image) return;
    this.#transaction(() => {
      this.#database.prepare(`UPDATE image SET phase = 'removing' WHERE id = ?`).run(id);
      this.#database.prepare('DELETE FROM image_name WHERE image_id = ?').run(id);
    });
    this.#byId.set(id, { ...image, phase: 'removing' });
    for (const name of this.names(id)) this.#byName.delete(name);
  }

  /** Deletes an image's rows; the clean-up then deletes its layers as unreferenced. */
  deleteImage(id: Digest): void {
    this.#database.prepare('DELETE FROM image WHERE id = ?').run(id);
    this.#byId.delete(id);
    for (const name of this.names(id)) this.#byName.delete(name);
  }

  /** Writes the intent to unpack a layer and returns the name of the directory for it. */
  beginLayer(chainId: Digest): number {
    this.#lastDir += 1;
    this.#database
      .prepare(`INSERT OR REPLACE INTO image_layer (chain_id, dir, disk_bytes, files, unpacked_at, phase)
         VALUES (?, ?, 0, 0, 0, 'unpacking')`)
      .run(chainId, this.#lastDir);
    return this.#lastDir;
  }

  /** Records that a layer is complete. */
  finishLayer(layer: StoredLayer): void {
    const { chainId, diskBytes, files, unpackedAt, volatileSince, topNames } = layer;
    this.#database
      .prepare(
        `UPDATE image_layer SET disk_bytes = ?, files = ?, unpacked_at = ?, volatile_since = ?, top_names = ?,
         phase = 'ready' WHERE chain_id = ?`,
      )
      .run(diskBytes, files, unpackedAt, volatileSince, topNames, chainId);
    this.#byChainId.set(chainId, layer);
  }

  /** Layers that may not be flushed to the disk yet. */
  volatileLayers(): StoredLayer[] {
    return [...this.#byChainId.values()].filter(({ volatileSince }) => volatileSince !== '');
  }

  /** Records that layers are flushed to the disk. */
  markDurable(chainIds: readonly Digest[]): void {
    const update = this.#database.prepare(`UPDATE image_layer SET volatile_since = '' WHERE chain_id = ?`);
    this.#transaction(() => {
      for (const chainId of chainIds) update.run(chainId);
    });
    for (const chainId of chainIds) {
      const layer = this.#byChainId.get(chainId);
      if (layer) this.#byChainId.set(chainId, { ...layer, volatileSince: '' });
    }
  }

  /** Marks a layer of a failed image for the next clean-up: it need not be kept for another attempt. */
  abandonLayer(chainId: Digest): void {
    const layer = this.#byChainId.get(chainId);
    if (!layer) return;
    this.#database.prepare('UPDATE image_layer SET unpacked_at = 0 WHERE chain_id = ?').run(chainId);
    this.#byChainId.set(chainId, { ...layer, unpackedAt: 0n });
  }

  /** Marks a layer as unused; its row stays until its directory is deleted. */
  retireLayer(chainId: Digest): void {
    this.#database.prepare(`UPDATE image_layer SET phase = 'removing' WHERE chain_id = ?`).run(chainId);
    this.#byChainId.delete(chainId);
  }

  /** Deletes the row of a layer whose directory was removed. */
  deleteLayer(chainId: Digest): void {
    this.#database.prepare('DELETE FROM image_layer WHERE chain_id = ?').run(chainId);
    this.#byChainId.delete(chainId);
  }

  /** Layers whose unpacking or removal was not finished. */
  unfinishedLayers(): { chainId: Digest; dir: number }[] {
    return this.#rows('image_layer')
      .filter((row) => row.text('phase') !== 'ready')
      .map((row) => ({ chainId: parseDigest(row.text('chain_id')), dir: row.number('dir') }))
      .toArray();
  }

  #remember(image: Omit<NewImage, 'configText'>, configText: string): void {
    const user = parseConfig(configText).config.User ?? '';
    this.#byId.set(image.id, { ...image, user, configBytes: Buffer.byteLength(configText) });
  }

  *#rows(table: 'image' | 'image_name' | 'image_layer'): Generator<RowReader> {
    const select = this.#database.prepare(`SELECT * FROM ${table}`);
    select.setReadBigInts(true);
    for (const row of select.iterate()) yield new RowReader(table, row);
  }

  #transaction(operation: () => void): void {
    this.#database.exec('BEGIN');
    try {
      operation();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
