// Finds images with missing or damaged layers from a copy of the database, for `berth doctor`.

import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RowReader } from '../state/row.ts';
import { layerDamage } from './layer-damage.ts';

/** An image that cannot run because a layer is missing or damaged. */
export interface DamagedImage {
  /** A name by which it can be pulled, or its id. */
  name: string;
  /**
   * The layer's directory; undefined when berthd has already recorded that the layer is missing until the next pull.
   */
  directory: string | undefined;
  damage: 'missing' | 'damaged';
}

/**
 * Finds the images below a berthd's root directory that lack a layer, by checking the layers' directories. Reads a
 * copy of the database, because a running berthd has locked the original. Throws when SQLite refuses a copy that was
 * made during a write.
 */
export function damagedImages(root: string): DamagedImage[] {
  const path = join(root, 'berth.db');
  if (!existsSync(path)) return [];
  const copies = mkdtempSync(join(tmpdir(), 'berth-database-'));
  try {
    for (const suffix of ['', '-wal'])
      if (existsSync(path + suffix)) copyFileSync(path + suffix, join(copies, `copy${suffix}`));
    using database = new DatabaseSync(join(copies, 'copy'));
    return damageOf(database, join(root, 'images/layers'));
  } finally {
    rmSync(copies, { recursive: true });
  }
}

function damageOf(database: DatabaseSync, layersDir: string): DamagedImage[] {
  const isThere = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'image_layer'").get();
  if (isThere === undefined) return [];
  const rows = (sql: string) => {
    const select = database.prepare(sql);
    select.setReadBigInts(true);
    return select.all().map((row) => new RowReader('image', row));
  };
  const layers = new Map(
    rows("SELECT * FROM image_layer WHERE phase = 'ready'").map((row) => [row.text('chain_id'), row]),
  );
  const allNames = rows('SELECT * FROM image_name');
  return rows("SELECT * FROM image WHERE phase = 'ready'").flatMap((image): DamagedImage[] => {
    const id = image.text('id');
    const names = allNames.filter((row) => row.text('image_id') === id).map((row) => row.text('name'));
    const name = names.find((each) => !each.includes('@')) ?? names[0] ?? id;
    for (const chainId of image.strings('layers')) {
      const layer = layers.get(chainId);
      if (layer === undefined) return [{ name, directory: undefined, damage: 'missing' }];
      const directory = join(layersDir, String(layer.number('dir')));
      const damage = layerDamage(directory, layer.number('top_names'));
      if (damage !== undefined) return [{ name, directory, damage }];
    }
    return [];
  });
}
