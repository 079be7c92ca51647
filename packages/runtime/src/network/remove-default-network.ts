// Removes the default network from the host. `berth down` calls it after berthd has stopped.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfFile } from '@berth/cni/config/load.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { deleteLink, listLinks } from '@berth/linux/netlink/links.ts';
import { removeTable } from '@berth/linux/nftables/nftables.ts';
import { defaultFile } from './default-names.ts';
import { masqueradeTableName } from './default-network.ts';

/** Default directory of host-local's leases. */
const defaultLeasesDir = '/var/lib/cni/networks';

/**
 * Removes the default network's traces once no pod is attached to it: the bridge, the masquerade rule, host-local's
 * bookkeeping and the configuration file. Without the file there was no default network, and nothing is touched.
 * @returns false when there was none, or when something is still attached to the bridge
 */
export async function removeDefaultNetwork({
  confDir,
  leasesDir = defaultLeasesDir,
  table = masqueradeTableName,
}: {
  confDir: string;
  leasesDir?: string;
  table?: string;
}): Promise<boolean> {
  const file = join(confDir, defaultFile);
  const list = await loadConfFile(file).catch(() => undefined);
  if (list === undefined) return false;
  const bridge = list.plugins.find(({ type }) => type === 'bridge')?.config.bridge;
  const links = listLinks();
  const link = links.find(({ name }) => name === bridge);
  if (link !== undefined) {
    if (links.some(({ master }) => master === link.index)) return false;
    deleteLink(link.name);
  }
  removeTable(table);
  await removeTree(join(leasesDir, list.name));
  await rm(file, { force: true });
  return true;
}
