// Removes partial layers that a killed berthd left, once at start.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { ImageStore } from './store.ts';

/**
 * Removes the partial work of a killed berthd before anything else uses the store: layers that were being unpacked or
 * deleted, and directories without a row. Layers without a directory are logged.
 */
export async function reconcileImages({ records, layers, log }: ImageStore): Promise<void> {
  for (const { chainId, dir } of records.unfinishedLayers()) {
    await layers.removeDirectory(dir);
    records.deleteLayer(chainId);
    log.info('Recovery: removed an unfinished layer', { layer: chainId });
  }
  const present = new Set(await readdir(layers.dir));
  const known = new Map([...records.layers()].map(({ dir, chainId }) => [String(dir), chainId]));
  for (const name of present) if (!known.has(name)) await removeTree(join(layers.dir, name));
  // Another program deleted the directory: path() logs that, and the next pull unpacks the layer again.
  for (const [name, chainId] of known) if (!present.has(name)) layers.path(chainId);
}
