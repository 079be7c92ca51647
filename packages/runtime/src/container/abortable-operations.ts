/**
 * The operations under way that run OCI runtimes and plugins (creations, starts, checkpoints), by the ids of their
 * sandboxes and containers: a stop or a removal aborts them instead of waiting for an OCI runtime that hangs.
 */
export class AbortableOperations {
  readonly #underWay = new Map<string, Set<Operation>>();

  /** Runs `work` with a signal that aborts with `caller`, or by `abort` of one of `ids`. */
  async run<Result>(
    ids: readonly string[],
    caller: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const abort = new AbortController();
    const ended = Promise.withResolvers<void>();
    const operation: Operation = { abort, ended: ended.promise };
    for (const id of ids) this.#underWay.set(id, (this.#underWay.get(id) ?? new Set()).add(operation));
    try {
      return await work(caller === undefined ? abort.signal : AbortSignal.any([caller, abort.signal]));
    } finally {
      for (const id of ids) this.#forget(id, operation);
      ended.resolve();
    }
  }

  /** Aborts all operations on an id with `reason`, also those that only wait in its queue. */
  abort(id: string, reason: Error): void {
    for (const { abort } of this.#underWay.get(id) ?? []) abort.abort(reason);
  }

  /** Resolves when the operations that are now under way on an id have ended and, if they failed, were undone. */
  async ended(id: string): Promise<void> {
    await Promise.all([...(this.#underWay.get(id) ?? [])].map(({ ended }) => ended));
  }

  #forget(id: string, operation: Operation): void {
    const others = this.#underWay.get(id);
    others?.delete(operation);
    if (others?.size === 0) this.#underWay.delete(id);
  }
}

interface Operation {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}
