// Where the kubelet keeps what belongs to volumes of CSI drivers, in the real kubelet's layout.
import { join } from 'node:path';
import { pluginDirs, volumePath } from '../../paths/pod-paths.ts';
import { type CsiVolume, sha256 } from './csi-volume.ts';

type Root = Parameters<typeof volumePath>[0];

/** Folder of the volumes that are staged. */
export function csiPluginDir({ rootDir }: Root): string {
  return join(rootDir, 'plugins/kubernetes.io/csi');
}

/** Folder of a volume that is staged: its data, and `globalmount`. */
export function stagedDir(roots: Root, { driver, handle }: Pick<CsiVolume, 'driver' | 'handle'>): string {
  if (driver.includes('/') || driver === '' || driver.startsWith('.')) {
    throw new Error(`${JSON.stringify(driver)} cannot be the name of a driver`);
  }
  return join(csiPluginDir(roots), driver, sha256(handle));
}

/** Where a driver stages a volume. */
export function globalMount(staged: string): string {
  return join(staged, 'globalmount');
}

/** Folder of a volume in a pod's. */
export function publishedDir(roots: Root, uid: string, specName: string): string {
  return volumePath(roots, uid, pluginDirs.csi, specName);
}

/** Where a driver publishes a volume. */
export function publishTarget(published: string): string {
  return join(published, 'mount');
}
