// Joins what the pod sources want into the one set of pods that the kubelet runs.
import { type Pod, podKey } from '../api/pod.ts';
import type { PodSource, PodUpdate, RejectedManifest } from './pod-source.ts';

/** Called with every pod that this node shall run, each time that set may have changed. */
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
        if (this.#updates.size === this.#sources.length) onPods(this.pods());
      });
    }
    if (this.#sources.length === 0) onPods([]);
  }

  /** The pods wanted now, each `namespace/name` once. */
  pods(): Pod[] {
    const byKey = new Map<string, Pod>();
    for (const update of this.#updates.values()) {
      for (const pod of update.pods) if (!byKey.has(podKey(pod))) byKey.set(podKey(pod), pod);
    }
    return [...byKey.values()];
  }

  /** The manifests that are not run, or not in their newest version. */
  rejected(): RejectedManifest[] {
    return [...this.#updates.values()].flatMap((update) => update.rejected);
  }

  stop(): void {
    for (const source of this.#sources) source.stop();
  }
}
