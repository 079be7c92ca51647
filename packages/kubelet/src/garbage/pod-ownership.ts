// Which pods of the runtime are this kubelet's: those with a folder in its root directory. The folder is made before
// the pod's cgroup and sandbox and removed after them (volumes/manager.ts, pods/terminate-pod.ts), so that it tells
// after every crash.
import { existsSync } from 'node:fs';
import { podDir } from '../paths/pod-paths.ts';

/** Pods that have ended and are remembered: a runtime may be late with a sandbox that a killed kubelet asked for. */
const remembered = 1000;

/** The pods of one root directory. */
export class PodOwnership {
  readonly #roots: Parameters<typeof podDir>[0];
  readonly #known = new Set<string>();

  constructor(roots: Parameters<typeof podDir>[0]) {
    this.#roots = roots;
  }

  /** Remembers a pod of this kubelet beyond the removal of its folder. */
  remember(uid: string): void {
    this.#known.delete(uid);
    this.#known.add(uid);
    const [oldest] = this.#known;
    if (this.#known.size > remembered && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Whether the pod is this kubelet's. */
  has(uid: string): boolean {
    return this.#known.has(uid) || existsSync(podDir(this.#roots, uid));
  }
}
