// Joins the pods and objects of all sources into the desired set of this node.
import { type Pod, podKey } from '../api/pod.ts';
import type { ServedPod } from '../api/served-pod.ts';
import type { NodeObject } from '../objects/types.ts';
import type { PodSource, PodUpdate, RejectedManifest } from './pod-source.ts';

/**
 * Called with the desired pods and the objects of all sources whenever a set may have changed. `sourcesRead`: no source
 * is without an answer, so that any other pod of an earlier kubelet may be ended.
 */
export type OnPods = (pods: Pod[], objects: NodeObject[], sourcesRead: boolean) => void;

/** Called with the pods as an API server has them, by UID, before OnPods and when only their statuses changed. */
export type OnServed = (served: ReadonlyMap<string, ServedPod>) => void;

/**
 * The pods of all sources. Sends no update before every source has reported once, but for the API server, whose answer
 * may take any time: until then the others' pods run, and those of an earlier kubelet run on.
 */
export class PodConfig {
  readonly #sources: readonly PodSource[];
  readonly #updates = new Map<PodSource['name'], PodUpdate>();
  readonly #isComplete: boolean;

  /** `isComplete`: an earlier kubelet had no source that is not among `sources`. */
  constructor(sources: readonly PodSource[], isComplete = true) {
    this.#sources = sources;
    this.#isComplete = isComplete;
  }

  /** Starts the sources. */
  start(onPods: OnPods, onServed: OnServed = () => {}): void {
    const tell = (): void => onPods(this.#pods(), this.#objects(), this.#areRead());
    const waitedFor = this.#sources.filter(({ name }) => name !== 'api');
    for (const source of this.#sources) {
      source.start((update) => {
        this.#updates.set(update.source, update);
        if (update.served) onServed(update.served);
        if (update.op === 'set' && waitedFor.every(({ name }) => this.#updates.has(name))) tell();
      });
    }
    if (waitedFor.length === 0) tell();
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

  #areRead(): boolean {
    if (!this.#isComplete || this.#updates.size < this.#sources.length) return false;
    return [...this.#updates.values()].every(({ isUnread }) => !isUnread);
  }

  #pods(): Pod[] {
    return this.#sources.flatMap(({ name }) => this.#updates.get(name)?.pods ?? []);
  }

  #objects(): NodeObject[] {
    return [...this.#updates.values()].flatMap((update) => update.objects);
  }
}
