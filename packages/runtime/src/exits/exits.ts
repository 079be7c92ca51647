import type { ContainerId } from '../state/ids.ts';

/** Who waits for containers to end. */
export class Exits {
  readonly #waiting = new Map<ContainerId, PromiseWithResolvers<void>>();

  /** Resolves when the end of this container has been recorded, rejects when that was tried and failed. */
  ended(id: ContainerId): Promise<void> {
    const waiting = this.#waiting.get(id) ?? Promise.withResolvers<void>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  /** Tells the waiting that the container has ended, and that this could not be recorded. */
  fail(id: ContainerId, error: unknown): void {
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
  }

  /** Wakes the waiting. */
  announce(id: ContainerId): void {
    this.#waiting.get(id)?.resolve();
    this.#waiting.delete(id);
  }
}
