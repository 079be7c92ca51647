// The pods as the API server has them, found by the UIDs that this kubelet uses: a static pod is its mirror pod there,
// which has another UID.
import { type Pod, podKey } from '../../api/pod.ts';
import { isMirror, isStatic, podAnnotation } from '../../api/pod-source-of.ts';
import type { ServedPod } from '../../api/served-pod.ts';

interface StaticVersion {
  /** `namespace/name` */
  key: string;
  /** Its annotation config.hash, which its mirror pod has too. */
  hash: string;
}

/** The newest that is known of each pod on the server. */
export class ServedPodIndex {
  #served: ReadonlyMap<string, ServedPod> = new Map();
  /** Mirror pods by `namespace/name`. */
  #mirrors: ReadonlyMap<string, ServedPod> = new Map();
  /** Name and version of static pods by UID, until they are forgotten. */
  readonly #versions = new Map<string, StaticVersion>();

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

  /** Remembers the versions of static pods. */
  setPods(pods: readonly Pod[]): void {
    for (const pod of pods) {
      const { uid, annotations } = pod.metadata;
      if (isStatic(pod))
        this.#versions.set(uid, { key: podKey(pod), hash: annotations?.[podAnnotation.hash] ?? '' });
    }
  }

  /** Forgets a static pod of which nothing is left. */
  forget(uid: string): void {
    this.#versions.delete(uid);
  }

  /** The server's pod for one of this kubelet's: for a static pod, the mirror pod of its version. */
  get(uid: string): ServedPod | undefined {
    const version = this.#versions.get(uid);
    if (version === undefined) return this.#served.get(uid);
    const mirror = this.#mirrors.get(version.key);
    return mirror && hashOf(mirror) === version.hash ? mirror : undefined;
  }

  /** The UID that this kubelet uses for a pod of the server. */
  localUid(served: ServedPod): string | undefined {
    if (!isMirror(served.pod)) return served.pod.metadata.uid;
    const [key, wanted] = [podKey(served.pod), hashOf(served)];
    return [...this.#versions].find(([, version]) => version.key === key && version.hash === wanted)?.[0];
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

function hashOf({ pod }: ServedPod): string {
  return pod.metadata.annotations?.[podAnnotation.mirror] ?? '';
}

/** Versions of one object count up. What has been known already stays the same object. */
function newer(known: ServedPod | undefined, next: ServedPod): ServedPod {
  if (!known || known === next) return next;
  const [before, after] = [known, next].map(({ resourceVersion }) => versionNumber(resourceVersion));
  if (before === undefined || after === undefined || after > before) return next;
  if (known.pod === next.pod) return known;
  return { ...next, status: known.status, resourceVersion: known.resourceVersion };
}

function versionNumber(text: string): bigint | undefined {
  return /^\d+$/.test(text) ? BigInt(text) : undefined;
}
