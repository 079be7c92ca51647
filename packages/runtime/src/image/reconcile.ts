import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { ImageStore } from './store.ts';

/** Milliseconds after which the begun download of a blob is not expected to be resumed. */
const abandonedAfter = 24 * 3600 * 1000;

/**
 * Removes what a berthd that died has left half done, before anything else uses the store: layers that were being
 * unpacked or deleted, directories that no row has, and downloads that nobody came back for. A download that was
 * cut short lately stays: the next pull goes on with it. Layers whose directory is gone are told.
 */
export async function reconcileImages({ records, layers, content, log }: ImageStore): Promise<void> {
  for (const { chainId, dir } of records.unfinishedLayers()) {
    await layers.removeDirectory(dir);
    records.deleteLayer(chainId);
    log.info('Recovery: removed an unfinished layer', { layer: chainId });
  }
  const present = new Set(await readdir(layers.dir));
  const known = new Map([...records.layers()].map(({ dir, chainId }) => [String(dir), chainId]));
  for (const name of present) if (!known.has(name)) await removeTree(join(layers.dir, name));
  // Somebody else has deleted it: this says so, and the next pull unpacks it again.
  for (const [name, chainId] of known) if (!present.has(name)) layers.path(chainId);
  await content.removeIngests(Date.now() - abandonedAfter);
}
