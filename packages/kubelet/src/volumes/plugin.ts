// The interface of volume plugins.
import type { Pod, Volume } from '../api/pod.ts';

/** What volumes of the node have in common. */
interface OfNode {
  /** True when containers may only read it. */
  isReadOnly: boolean;
  /** The group that a persistent volume names; the processes of the pod are members of it. */
  group?: string | undefined;
}

/** A folder or file of the node. */
export interface NodeVolume extends OfNode {
  from: 'node';
  /** Path on the node. */
  path: string;
  /** Whether the volume gets the SELinux label of the pod. */
  isRelabelled: boolean;
}

/** A block device of the node. */
export interface DeviceVolume extends OfNode {
  from: 'device';
  /** The link to it in the pod's folder. */
  link: string;
}

/** A volume that containers can mount, or have as a device. */
export type PreparedVolume =
  | NodeVolume
  | DeviceVolume
  /** The runtime mounts the image that the volume names. */
  | { from: 'image' };

/** One kind of volume, such as emptyDir. Calls are idempotent: a killed kubelet's successor repeats them. */
export interface VolumePlugin {
  /** The field of a volume in the specification that selects this kind. */
  readonly kind: Exclude<keyof Volume, 'name'>;
  /**
   * Whether the content follows its sources while containers run: `setUp` is then called in each round, and costs little
   * when nothing has changed.
   */
  readonly isLive: boolean;
  /** Makes the volume, unless it exists. `signal` is aborted when the pod must end. */
  setUp(pod: Pod, volume: Volume, signal: AbortSignal): Promise<PreparedVolume>;
  /**
   * Present for a kind whose volumes somebody else unmounts: called with the pod's folder before the kubelet unmounts and
   * removes what is left there.
   */
  readonly unmount?: (podFolder: string) => Promise<void>;
  /** Present for a kind that keeps its volumes below the pod's folder. */
  readonly onDisk?: {
    /** Folder of this kind's volumes in the pod's `volumes`. */
    readonly directory: string;
    /** Removes the volume at `path`. Nothing is mounted there or below any more. */
    tearDown(path: string): Promise<void>;
  };
}
