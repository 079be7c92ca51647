// What of mounted volumes of CSI drivers is on the disk: the next kubelet goes on from there. device-remains.ts is about
// block devices.
import { basename, join } from 'node:path';
import { pluginDirs, pluginVolumesDir, podDir, podsDir } from '../../paths/pod-paths.ts';
import { csiPluginDir } from './csi-paths.ts';
import type { CsiVolume } from './csi-volume.ts';
import { foldersIn, loadVolumeData } from './volume-data.ts';

type Root = Parameters<typeof podsDir>[0];

/** A volume as its driver knows it, and what the kubelet needs to find what it keeps of it. */
export type DriverVolume =
  | ({ volumeMode: 'Filesystem' } & Pick<CsiVolume, 'driver' | 'handle'>)
  | ({ volumeMode: 'Block' } & Pick<CsiVolume, 'driver' | 'handle' | 'specName'>);

/** A volume that is published for a pod, or was about to be. */
export interface PublishedVolume {
  volumeMode: 'Filesystem';
  driver: string;
  handle: string;
  uid: string;
  directory: string;
  isPersistent: boolean;
  /** The SELinux label that it is mounted with; '' for none. */
  label: string;
}

/** A volume that is staged, or was about to be. */
export interface StagedVolume {
  volumeMode: 'Filesystem';
  driver: string;
  handle: string;
  directory: string;
}

/** The volumes of one pod. A folder without data is of no driver. */
export async function publishedOf(roots: Root, uid: string): Promise<PublishedVolume[]> {
  const found: PublishedVolume[] = [];
  for (const directory of await foldersIn(pluginVolumesDir(podDir(roots, uid), pluginDirs.csi))) {
    const data = await loadVolumeData(directory);
    if (!data) continue;
    const { driverName: driver, volumeHandle: handle, volumeLifecycleMode } = data;
    const isPersistent = volumeLifecycleMode !== 'Ephemeral';
    const label = data.seLinuxMountContext ?? '';
    found.push({ volumeMode: 'Filesystem', uid, directory, driver, handle, isPersistent, label });
  }
  return found;
}

/** The volumes of all pods. */
export async function publishedVolumes(roots: Root): Promise<PublishedVolume[]> {
  const pods = await foldersIn(podsDir(roots));
  return (await Promise.all(pods.map((pod) => publishedOf(roots, basename(pod))))).flat();
}

/** The volumes that are staged, of one driver or of all. */
export async function stagedVolumes(roots: Root, driver?: string): Promise<StagedVolume[]> {
  const plugin = csiPluginDir(roots);
  const drivers = driver === undefined ? await foldersIn(plugin) : [join(plugin, driver)];
  const found: StagedVolume[] = [];
  for (const directory of (await Promise.all(drivers.map(foldersIn))).flat()) {
    const data = await loadVolumeData(directory);
    if (!data) continue;
    const { driverName, volumeHandle: handle } = data;
    found.push({ volumeMode: 'Filesystem', directory, driver: driverName, handle });
  }
  return found;
}
