// Joins the pods and objects of all sources into the desired set of this node.
import { type Pod, podKey } from '../api/pod.ts';
import type { NodeObject } from '../objects/types.ts';
import type { PodSource, PodUpdate, RejectedManifest } from './pod-source.ts';

/** Called with the desired pods and the objects of all sources whenever a set may have changed. */
export type OnPods = (pods: Pod[], objects: NodeObject[]) => void;

/** The pods of all sources. Sends no update before every source has reported once. */
export class PodConfig {
  readonly #sources: readonly PodSource[];
  readonly #updates = new Map<PodSource['name'], PodUpdate>();

  constructor(sources: readonly PodSource[]) {
    this.#sources = sources;
  }

  /** Starts the sources. */
  start(onPods: OnPods): void {
    for (const source of this.#sources) {
      source.start((update) => {
        this.#updates.set(update.source, update);
        if (this.#updates.size === this.#sources.length) onPods(this.#pods(), this.#objects());
      });
    }
    if (this.#sources.length === 0) onPods([], []);
  }

  /** The manifests that do not run, or not in their newest version, because they are invalid. */
  rejected(): RejectedManifest[] {
    return [...this.#updates.values()].flatMap((update) => update.rejected);
  }

  /** Makes the rejection of a pod whose manifest is valid, with the reason. */
  asRejected(pod: Pod, message: string): RejectedManifest {
    const files = [...this.#updates.values()].map((update) => update.files.get(pod.metadata.uid));
    const file = files.find((each) => each !== undefined) ?? '';
    return { file, pod: podKey(pod), message, lastGoodRuns: false };
  }

  /** Stops the sources; the pods keep running. */
  async stop(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  #pods(): Pod[] {
    return [...this.#updates.values()].flatMap((update) => update.pods);
  }

  #objects(): NodeObject[] {
    return [...this.#updates.values()].flatMap((update) => update.objects);
  }
}
