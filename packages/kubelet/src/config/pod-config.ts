// Joins what the pod sources want into the one set of pods that this node is asked to run.
import { type Pod, podKey } from '../api/pod.ts';
import type { PodSource, PodUpdate, RejectedManifest } from './pod-source.ts';

/** Called with every pod that some source wants, each time that set may have changed. */
export type OnPods = (pods: Pod[]) => void;

/** The pods of all sources. Nothing is passed on before every source has reported once. */
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
        if (this.#updates.size === this.#sources.length) onPods(this.#pods());
      });
    }
    if (this.#sources.length === 0) onPods([]);
  }

  /** The manifests that are not run, or not in their newest version, because of what is in them. */
  rejected(): RejectedManifest[] {
    return [...this.#updates.values()].flatMap((update) => update.rejected);
  }

  /** A pod of a faultless manifest as one that is not run, with the reason. */
  asRejected(pod: Pod, message: string): RejectedManifest {
    const files = [...this.#updates.values()].map((update) => update.files.get(pod.metadata.uid));
    const file = files.find((each) => each !== undefined) ?? '';
    return { file, pod: podKey(pod), message, lastGoodRuns: false };
  }

  /** Stops the sources; the pods stay as they are. */
  async stop(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  #pods(): Pod[] {
    return [...this.#updates.values()].flatMap((update) => update.pods);
  }
}
