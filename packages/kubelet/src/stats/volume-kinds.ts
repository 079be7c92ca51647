// Which volumes of a pod the kubelet measures, and where they are. Pure.
import type { Pod, Volume } from '../api/pod.ts';
import { emptyDirPluginDir } from '../paths/pod-paths.ts';

/** Folders of the kinds that are measured, as the real kubelet names them. */
const directories: readonly (readonly [kind: keyof Volume, directory: string])[] = [
  ['emptyDir', emptyDirPluginDir],
  ['configMap', 'kubernetes.io~configmap'],
  ['secret', 'kubernetes.io~secret'],
  ['downwardAPI', 'kubernetes.io~downward-api'],
  ['projected', 'kubernetes.io~projected'],
];

/** A volume that is measured. */
export interface MeasuredVolume {
  name: string;
  /** Folder of its kind in the pod's `volumes`. */
  directory: string;
  /** Whether it counts as ephemeral storage of the pod. */
  isEphemeral: boolean;
}

/** The volumes that live below the pod's folder. */
export function measuredVolumes({ spec }: Pod): MeasuredVolume[] {
  return (spec.volumes ?? []).flatMap((volume) => {
    const [, directory] = directories.find(([kind]) => volume[kind] !== undefined) ?? [];
    if (directory === undefined) return [];
    const isEphemeral =
      volume.configMap !== undefined || (volume.emptyDir !== undefined && !volume.emptyDir.medium);
    return [{ name: volume.name, directory, isEphemeral }];
  });
}
