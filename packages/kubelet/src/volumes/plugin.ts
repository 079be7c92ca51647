// The interface of volume plugins.
import type { Pod, Volume } from '../api/pod.ts';

/** One kind of volume, such as emptyDir. Calls are idempotent: a killed kubelet's successor repeats them. */
export interface VolumePlugin {
  /** The field of a volume in the specification that selects this kind. */
  readonly kind: Exclude<keyof Volume, 'name'>;
  /** Makes the volume, unless it exists, and returns its path on the node. */
  setUp(pod: Pod, volume: Volume): Promise<string>;
  /** Present for a kind that keeps its volumes below the pod's folder. */
  readonly onDisk?: {
    /** Folder of this kind's volumes in the pod's `volumes`. */
    readonly directory: string;
    /** Removes the volume at `path`. Nothing is mounted there or below any more. */
    tearDown(path: string): Promise<void>;
  };
}
