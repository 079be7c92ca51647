// Where and how a volume is staged: a mount and a block device have other folders, and other things to undo.
import { lstatSync, mkdirSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { VolumeOperation } from '../../metrics/volume-metrics.ts';
import { removeIfEmpty } from '../block/map-device.ts';
import {
  deviceDataDir,
  deviceDir,
  devicePlace,
  globalMount,
  publishedDevices,
  stagedDevice,
  stagedDir,
} from './csi-paths.ts';
import { type DriverVolume, publishedVolumes } from './csi-remains.ts';
import type { CsiVolume } from './csi-volume.ts';
import { podsOfDevice } from './device-remains.ts';
import type { VolumeUse } from './volume-capability.ts';
import { loadVolumeData, removeVolumeDir, saveVolumeData } from './volume-data.ts';

type Root = Parameters<typeof stagedDir>[0];

/** The place of one volume. */
export interface StagingPlace {
  /** The folder of what the kubelet keeps of the volume. No other volume has it. */
  directory: string;
  /** What the driver is given. */
  path: string;
  /** How metrics name that a volume is unstaged. */
  unstages: VolumeOperation;
  /** What the driver is told of the use; `group`: of a driver that applies it itself. */
  use(volume: CsiVolume, group: number | undefined): VolumeUse['use'];
  /** Makes the folders, and notes what undoes it. */
  prepare(volume: CsiVolume): Promise<void>;
  /** Whether the kubelet has noted anything of the volume. */
  isNoted(): Promise<boolean>;
  /** Whether the driver may have staged it, if it is noted. */
  mayBeStaged(): boolean;
  /** The UIDs of pods that it is published for, or was about to be. */
  publishedFor(): Promise<string[]>;
  /** Removes all that is left of it, unless something is mounted. */
  remove(): Promise<'removed' | 'still mounted'>;
}

/** The place of a volume. */
export function stagingPlace(root: Root, volume: DriverVolume): StagingPlace {
  return volume.volumeMode === 'Block' ? devicePlaceOf(root, volume.specName) : mountPlaceOf(root, volume);
}

function mountPlaceOf(root: Root, { driver, handle }: Pick<CsiVolume, 'driver' | 'handle'>): StagingPlace {
  const directory = stagedDir(root, { driver, handle });
  const path = globalMount(directory);
  return {
    directory,
    path,
    unstages: 'unmount_device',
    use: ({ fsType, mountOptions }, group) => ({ as: 'mount', fsType, mountOptions, group }),
    prepare: async ({ label }) => {
      mkdirSync(path, { recursive: true, mode: 0o750 });
      await saveVolumeData(directory, {
        driverName: driver,
        volumeHandle: handle,
        ...(label !== '' && { seLinuxMountContext: label }),
      });
    },
    isNoted: async () => (await loadVolumeData(directory)) !== undefined,
    mayBeStaged: () => true,
    publishedFor: async () =>
      (await publishedVolumes(root))
        .filter((each) => each.driver === driver && each.handle === handle)
        .map(({ uid }) => uid),
    remove: async () => removeVolumeDir(directory, path),
  };
}

/** What is noted of a block device is noted before, also for a driver that stages nothing. */
function devicePlaceOf(root: Root, specName: string): StagingPlace {
  const directory = deviceDir(root, specName);
  const path = stagedDevice(root, specName);
  return {
    directory,
    path,
    unstages: 'unmap_device',
    use: () => ({ as: 'block' }),
    prepare: async () => void mkdirSync(path, { recursive: true, mode: 0o750 }),
    isNoted: async () => (await loadVolumeData(deviceDataDir(directory))) !== undefined,
    mayBeStaged: () => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
    publishedFor: () => podsOfDevice(root, specName),
    remove: async () => {
      try {
        removeIfEmpty(publishedDevices(root, specName));
        await removeTree(path);
      } catch (error) {
        if (hasCode(error, 'EBUSY')) return 'still mounted';
        throw error;
      }
      // The data last: by them the rest is found.
      removeIfEmpty(devicePlace(root, specName, 'any').globalDir);
      await removeTree(directory);
      return 'removed';
    },
  };
}
