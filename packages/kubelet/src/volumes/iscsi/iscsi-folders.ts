// Where the kubelet mounts LUNs for all pods, in the real kubelet's layout.
import { basename, dirname, join } from 'node:path';
import type { podsDir } from '../../paths/pod-paths.ts';
import { entries } from '../pod-dir.ts';
import { diskName, diskOfFolder, type IscsiDisk, ifaceFolder } from './iscsi-disk.ts';
import { loadIscsiRecord } from './iscsi-record.ts';

type Root = Parameters<typeof podsDir>[0];

function pluginDir({ rootDir }: Root): string {
  return join(rootDir, 'plugins/kubernetes.io/iscsi');
}

/** Where a LUN is mounted. */
export function globalMount(roots: Root, disk: IscsiDisk): string {
  return join(pluginDir(roots), ifaceFolder(disk.iface), diskName(disk));
}

/** The folders of all LUNs that are mounted, or were about to be. */
export async function globalMounts(roots: Root): Promise<string[]> {
  const found: string[] = [];
  for (const iface of await entries(pluginDir(roots))) {
    if (!iface.startsWith('iface-')) continue;
    const folder = join(pluginDir(roots), iface);
    for (const name of await entries(folder)) found.push(join(folder, name));
  }
  return found;
}

/** What is known of a LUN by its folder, where nothing is mounted. Throws when that is nothing. */
export async function diskIn(folder: string): Promise<IscsiDisk> {
  const disk = (await loadIscsiRecord(folder)) ?? diskOfFolder(basename(dirname(folder)), basename(folder));
  if (disk) return disk;
  throw new Error(`${folder} names no iSCSI disk: remove it when nothing needs it`);
}

/** Names of other folders with the same interface: those of file systems, and of block devices. */
export async function neighbours(roots: Root, folder: string): Promise<string[]> {
  const [iface, own] = [basename(dirname(folder)), basename(folder)];
  return [
    ...(await entries(dirname(folder))).filter((name) => name !== own),
    ...(await entries(join(pluginDir(roots), 'volumeDevices', iface))),
  ];
}
