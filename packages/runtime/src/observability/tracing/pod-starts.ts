// How recent pods started: their CRI calls, and the steps of those.

/** A call of the CRI, or a step of it, that has ended. */
export interface EndedSpan {
  readonly name: string;
  /** Name of the call's container or image, if it has one. */
  readonly subject: string;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it failed with. */
  readonly error: string | undefined;
  readonly steps: readonly EndedSpan[];
}

/** The pod that a call belongs to, as far as the call knows. */
export interface PodNames {
  readonly sandboxId: string | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface PodStart extends PodNames {
  readonly sandboxId: string;
  /** In the order of their ends. */
  readonly calls: EndedSpan[];
  /** Calls that there was no room for. */
  leftOut: number;
}

/** Pods whose starts are kept, newest first; they take a few hundred KiB at most. */
export const keptStarts = 64;
const keptCalls = 32;

/** The starts of the pods that were started last. */
export class PodStarts {
  readonly #starts = new Map<string, PodStart>();

  /** Records a call when it is part of a pod's start. Calls of restarts and of unknown pods are ignored. */
  add(call: EndedSpan, pod: PodNames): void {
    const start = call.name === 'RunPodSandbox' ? this.#begin(pod) : this.#startOf(pod);
    if (start === undefined || isRepeated(call, start.calls)) return;
    if (start.calls.length < keptCalls) start.calls.push(call);
    else start.leftOut += 1;
  }

  /** Oldest first; with a sandbox's id only its own. */
  list(sandboxId?: string): PodStart[] {
    if (sandboxId === undefined) return [...this.#starts.values()];
    const start = this.#starts.get(sandboxId);
    return start === undefined ? [] : [start];
  }

  #begin(pod: PodNames): PodStart | undefined {
    const { sandboxId } = pod;
    if (sandboxId === undefined) return undefined;
    // A pod whose sandbox keeps failing would displace all others.
    const before = this.#startOf({ ...pod, sandboxId: undefined });
    if (before?.calls[0]?.error !== undefined) this.#starts.delete(before.sandboxId);
    const start = { ...pod, sandboxId, calls: [], leftOut: 0 };
    this.#starts.set(sandboxId, start);
    for (const oldest of this.#starts.keys()) {
      if (this.#starts.size <= keptStarts) break;
      this.#starts.delete(oldest);
    }
    return start;
  }

  /** A pull knows the pod that it is for, and not its sandbox. */
  #startOf({ sandboxId, namespace, name, uid }: PodNames): PodStart | undefined {
    if (sandboxId !== undefined) return this.#starts.get(sandboxId);
    return [...this.#starts.values()].findLast(
      (start) => start.namespace === namespace && start.name === name && start.uid === uid,
    );
  }
}

/** Whether the same call succeeded before, so that this one is no part of the start. */
function isRepeated(call: EndedSpan, before: readonly EndedSpan[]): boolean {
  return before.some(
    ({ name, subject, error }) => name === call.name && subject === call.subject && error === undefined,
  );
}
