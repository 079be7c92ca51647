// How recent pods started: the calls that made them, and the steps of those.

/** A call of the CRI, or a step of it, that has ended. */
export interface EndedSpan {
  readonly name: string;
  /** The container's or the image's name, where it is about one. */
  readonly subject: string;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it failed with. */
  readonly error: string | undefined;
  readonly steps: readonly EndedSpan[];
}

/** Whose start a call is part of, as far as the call knows. */
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

/** Pods whose starts are kept, the newest ones: at most some hundred KiB. */
export const keptStarts = 64;
const keptCalls = 32;

/** The starts of the pods that were started last. */
export class PodStarts {
  readonly #starts = new Map<string, PodStart>();

  /** Takes a call for part of a pod's start, or leaves it: those of restarts are none, nor are those of other pods. */
  add(call: EndedSpan, pod: PodNames): void {
    const start = call.name === 'RunPodSandbox' ? this.#begin(pod) : this.#startOf(pod);
    if (start === undefined || isRepeated(call, start.calls)) return;
    if (start.calls.length < keptCalls) start.calls.push(call);
    else start.leftOut += 1;
  }

  /** Oldest first; with a sandbox's id its own alone. */
  list(sandboxId?: string): PodStart[] {
    if (sandboxId === undefined) return [...this.#starts.values()];
    const start = this.#starts.get(sandboxId);
    return start === undefined ? [] : [start];
  }

  #begin(pod: PodNames): PodStart | undefined {
    const { sandboxId } = pod;
    if (sandboxId === undefined) return undefined;
    // A pod whose sandbox fails is tried again and again, and would push all others out.
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

/** Whether the same was done before with success, so that this is no part of a start any more. */
function isRepeated(call: EndedSpan, before: readonly EndedSpan[]): boolean {
  return before.some(
    ({ name, subject, error }) => name === call.name && subject === call.subject && error === undefined,
  );
}
