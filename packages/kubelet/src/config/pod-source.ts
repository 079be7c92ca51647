// Where pods come from: a manifest directory, a URL or an API server.
import type { Pod } from '../api/pod.ts';
import type { ServedPod } from '../api/served-pod.ts';
import type { NodeObject } from '../objects/types.ts';

/** A manifest that has no effect, and the reason, for the log, `/rejected` and `berth up`. */
export interface RejectedManifest {
  /** Path of the file, or the URL. */
  file: string;
  /** `namespace/name` in the manifest, if it could be read. */
  pod?: string;
  /** `ConfigMap namespace/name` or `Secret namespace/name`, when it is no pod. */
  object?: string;
  /** The error, with the path of the field. */
  message: string;
  /** True when an earlier, valid version keeps running, or being served. */
  lastGoodRuns: boolean;
}

/** The complete desired set of pods and objects of one source. */
export interface PodUpdate {
  /** `reconcile`: only the statuses that an API server has differ from those of the last update. */
  op: 'set' | 'reconcile';
  source: PodSource['name'];
  pods: Pod[];
  /** ConfigMaps and Secrets for the pods of this node; no two have the same kind and name. */
  objects: NodeObject[];
  /** The manifest of each pod, by UID. */
  files: ReadonlyMap<string, string>;
  rejected: RejectedManifest[];
  /** The source could not be read yet, so that pods of an earlier kubelet that are not in the set may be wanted. */
  isUnread?: boolean;
  /** The pods as an API server has them, mirror pods included, by UID. */
  served?: ReadonlyMap<string, ServedPod>;
}

/** A source of desired pods. */
export interface PodSource {
  readonly name: 'file' | 'http' | 'api';
  /** Starts watching. Calls `onUpdate` with the complete set as soon as it can be read, and after each change. */
  start(onUpdate: (update: PodUpdate) => void): void;
  /** Stops watching; the pods keep running. */
  stop(): Promise<void>;
}
