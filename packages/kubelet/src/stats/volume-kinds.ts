// Which volumes of a pod the kubelet measures, and where they are. Pure.
import type { Pod } from '../api/pod.ts';
import { pluginDirs } from '../paths/pod-paths.ts';

/** The kinds that are measured. */
const kinds = ['emptyDir', 'configMap', 'secret', 'downwardAPI', 'projected', 'nfs', 'iscsi'] as const;

/** A volume that is measured. */
export interface MeasuredVolume {
  name: string;
  /** Folder of its kind in the pod's `volumes`. */
  directory: string;
  /** Whether it counts as ephemeral storage of the pod. */
  isEphemeral: boolean;
  /** Whether it is a file system of its own on another machine, whose size is the volume's. */
  isRemote: boolean;
}

/** The volumes that live below the pod's folder. */
export function measuredVolumes({ spec }: Pod): MeasuredVolume[] {
  return (spec.volumes ?? []).flatMap((volume) => {
    const kind = kinds.find((each) => volume[each] !== undefined);
    if (kind === undefined) return [];
    const isEphemeral =
      volume.configMap !== undefined || (volume.emptyDir !== undefined && !volume.emptyDir.medium);
    const isRemote = kind === 'nfs' || kind === 'iscsi';
    return [{ name: volume.name, directory: pluginDirs[kind], isEphemeral, isRemote }];
  });
}
