// The pods as the API server has them, found by the UIDs that this kubelet uses: a static pod is its mirror pod there,
// which has another UID.
import { type Pod, podKey } from '../../api/pod.ts';
import { isMirror, isStatic } from '../../api/pod-source-of.ts';
import type { ServedPod } from '../../api/served-pod.ts';

/** The newest that is known of each pod on the server. */
export class ServedPodIndex {
  #served: ReadonlyMap<string, ServedPod> = new Map();
  /** Mirror pods by `namespace/name`. */
  #mirrors: ReadonlyMap<string, ServedPod> = new Map();
  /** `namespace/name` of static pods by UID, until they are forgotten. */
  readonly #keys = new Map<string, string>();
  /** The newest static pod of each name. */
  readonly #uids = new Map<string, string>();

  /** Sets what was watched. A pod stays as the server has answered itself when that was later. */
  set(watched: ReadonlyMap<string, ServedPod>): void {
    const served = new Map(
      [...watched].map(([uid, each]) => [uid, newer(this.#served.get(uid), each)] as const),
    );
    this.#put(served);
  }

  /** Notes what the server answered to a write. */
  answered(pod: ServedPod): void {
    const { uid } = pod.pod.metadata;
    const known = this.#served.get(uid);
    // The watch has said that it is gone.
    if (!known) return;
    this.#put(new Map(this.#served).set(uid, newer(known, { ...pod, pod: known.pod })));
  }

  #put(served: ReadonlyMap<string, ServedPod>): void {
    this.#served = served;
    const mirrors = [...served.values()].filter(({ pod }) => isMirror(pod));
    this.#mirrors = new Map(mirrors.map((each) => [podKey(each.pod), each]));
  }

  /** Remembers the names of static pods. */
  setPods(pods: readonly Pod[]): void {
    for (const pod of pods) {
      if (!isStatic(pod)) continue;
      this.#keys.set(pod.metadata.uid, podKey(pod));
      this.#uids.set(podKey(pod), pod.metadata.uid);
    }
  }

  /** Forgets a static pod of which nothing is left. */
  forget(uid: string): void {
    const key = this.#keys.get(uid);
    this.#keys.delete(uid);
    if (key !== undefined && this.#uids.get(key) === uid) this.#uids.delete(key);
  }

  /** The server's pod for one of this kubelet's: a static pod's mirror pod, while no newer static pod has its name. */
  get(uid: string): ServedPod | undefined {
    const key = this.#keys.get(uid);
    if (key === undefined) return this.#served.get(uid);
    return this.#uids.get(key) === uid ? this.#mirrors.get(key) : undefined;
  }

  /** The UID that this kubelet uses for a pod of the server. */
  localUid({ pod }: ServedPod): string | undefined {
    return isMirror(pod) ? this.#uids.get(podKey(pod)) : pod.metadata.uid;
  }

  /** All mirror pods, by `namespace/name`. */
  mirrors(): ReadonlyMap<string, ServedPod> {
    return this.#mirrors;
  }

  /** All pods of the server. */
  all(): Iterable<ServedPod> {
    return this.#served.values();
  }
}

/** Versions of one object count up. */
function newer(known: ServedPod | undefined, next: ServedPod): ServedPod {
  if (!known) return next;
  const [before, after] = [known, next].map(({ resourceVersion }) => versionNumber(resourceVersion));
  if (before === undefined || after === undefined || after >= before) return next;
  return { ...next, status: known.status, resourceVersion: known.resourceVersion };
}

function versionNumber(text: string): bigint | undefined {
  return /^\d+$/.test(text) ? BigInt(text) : undefined;
}
