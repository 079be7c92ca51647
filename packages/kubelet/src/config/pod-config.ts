// Joins what the pod sources want into the one set of pods that the kubelet runs, and leaves out what this node
// can not take.

import { admitPods } from '../admission/admit.ts';
import { type Pod, podKey } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { PodSource, PodUpdate, RejectedManifest } from './pod-source.ts';

const log = createLogger('pod-config.ts');

/** Called with every pod that this node shall run, each time that set may have changed. */
export type OnPods = (pods: Pod[]) => void;

/** What the set of pods depends on besides its sources. */
export interface PodConfigOptions {
  node: NodeFacts;
  /** Whether a pod's containers are done, so that it holds nothing of the node. */
  isFinished(uid: string): boolean;
}

/** The pods of all sources. Nothing is passed on before every source has reported once. */
export class PodConfig {
  readonly #sources: readonly PodSource[];
  readonly #options: PodConfigOptions;
  readonly #updates = new Map<PodSource['name'], PodUpdate>();
  #admitted: ReadonlySet<string> = new Set();
  #refused: RejectedManifest[] = [];

  constructor(sources: readonly PodSource[], options: PodConfigOptions) {
    this.#sources = sources;
    this.#options = options;
  }

  /** Starts the sources. */
  start(onPods: OnPods): void {
    for (const source of this.#sources) {
      source.start((update) => {
        this.#updates.set(update.source, update);
        if (this.#updates.size === this.#sources.length) onPods(this.#admit());
      });
    }
    if (this.#sources.length === 0) onPods([]);
  }

  /** The manifests that are not run, or not in their newest version. */
  rejected(): RejectedManifest[] {
    return [...[...this.#updates.values()].flatMap((update) => update.rejected), ...this.#refused];
  }

  /** Stops the sources; the pods stay as they are. */
  async stop(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  /** The pods wanted now that fit, each `namespace/name` once. */
  #admit(): Pod[] {
    const byKey = new Map<string, { pod: Pod; file: string }>();
    for (const { pods, files } of this.#updates.values()) {
      for (const pod of pods) {
        const file = files.get(pod.metadata.uid) ?? '';
        if (!byKey.has(podKey(pod))) byKey.set(podKey(pod), { pod, file });
      }
    }
    const wanted = [...byKey.values()].map(({ pod }) => pod);
    const { node, isFinished } = this.#options;
    const { admitted, refused } = admitPods(wanted, node, this.#admitted, isFinished);
    const before = this.#refused;
    this.#refused = refused.map(({ pod, message }) => {
      const key = podKey(pod);
      if (!before.some((known) => known.pod === key && known.message === message)) {
        log.error('Pod was rejected', { pod: key, err: message });
      }
      return { file: byKey.get(key)?.file ?? '', pod: key, message, lastGoodRuns: false };
    });
    this.#admitted = new Set(admitted.map((pod) => pod.metadata.uid));
    return admitted;
  }
}
