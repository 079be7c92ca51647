/**
 * What OCI runtimes and plugins are making, by the ids of the sandboxes and containers that it is of: a stop or a
 * removal aborts it instead of waiting for an OCI runtime that hangs.
 */
export class Makings {
  readonly #underWay = new Map<string, Set<Making>>();

  /** Runs `make` with a signal that aborts with `caller`, or when one of `ids` is to end. */
  async run<Result>(
    ids: readonly string[],
    caller: AbortSignal | undefined,
    make: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const abort = new AbortController();
    const ended = Promise.withResolvers<void>();
    const making: Making = { abort, ended: ended.promise };
    for (const id of ids) this.#underWay.set(id, (this.#underWay.get(id) ?? new Set()).add(making));
    try {
      return await make(caller === undefined ? abort.signal : AbortSignal.any([caller, abort.signal]));
    } finally {
      for (const id of ids) this.#forget(id, making);
      ended.resolve();
    }
  }

  /** Has everything given up that is being made of an id, also what only waits for its turn. `reason` is its error. */
  abort(id: string, reason: Error): void {
    for (const { abort } of this.#underWay.get(id) ?? []) abort.abort(reason);
  }

  /** Resolves when what is being made of an id by now has ended, and was undone if it failed. */
  async ended(id: string): Promise<void> {
    await Promise.all([...(this.#underWay.get(id) ?? [])].map(({ ended }) => ended));
  }

  #forget(id: string, making: Making): void {
    const others = this.#underWay.get(id);
    others?.delete(making);
    if (others?.size === 0) this.#underWay.delete(id);
  }
}

interface Making {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}
