import type { ContainerId } from '../ids.ts';

/** Who waits for containers to end. */
export class Exits {
  readonly #waiting = new Map<ContainerId, PromiseWithResolvers<void>>();

  /** Resolves when the end of this container has been recorded. */
  ended(id: ContainerId): Promise<void> {
    const waiting = this.#waiting.get(id) ?? Promise.withResolvers<void>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  /** Wakes the waiting. */
  announce(id: ContainerId): void {
    this.#waiting.get(id)?.resolve();
    this.#waiting.delete(id);
  }
}
