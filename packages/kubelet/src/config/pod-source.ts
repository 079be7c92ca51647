// Where pods come from. Today a manifest directory; later a manifest URL and the API server.
import type { Pod } from '../api/pod.ts';

/** A manifest that is not run, and why: for the log, for `/rejected`, for `berth up`. */
export interface RejectedManifest {
  /** Path of the file. */
  file: string;
  /** `namespace/name` as the manifest writes it, when that much could be read. */
  pod?: string;
  /** What is wrong, with the path of the field. */
  message: string;
  /** True when an earlier, valid version of this file keeps running. */
  lastGoodRuns: boolean;
}

/** The whole set of pods that one source wants to run now. */
export interface PodUpdate {
  op: 'set';
  source: PodSource['name'];
  pods: Pod[];
  /** The file that each pod is from, by UID. */
  files: ReadonlyMap<string, string>;
  rejected: RejectedManifest[];
}

/** Something that wants pods to run on this node. */
export interface PodSource {
  readonly name: 'file';
  /** Begins to watch. `onUpdate` gets the whole set at once and again after each change. */
  start(onUpdate: (update: PodUpdate) => void): void;
  /** Stops to watch; the pods stay as they are. */
  stop(): Promise<void>;
}
