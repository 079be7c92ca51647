// Lets StopContainer wait for an exit that record-exits.ts records.

import type { ContainerId } from '../state/ids.ts';

/** Lets callers wait until a container's exit is recorded. */
export class Exits {
  readonly #waiting = new Map<ContainerId, PromiseWithResolvers<void>>();

  /** Resolves when the exit of this container has been recorded, rejects when recording failed. */
  ended(id: ContainerId): Promise<void> {
    const waiting = this.#waiting.get(id) ?? Promise.withResolvers<void>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  /** Rejects pending waits: the container has exited, but recording that failed. */
  fail(id: ContainerId, error: unknown): void {
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
  }

  /** Resolves pending waits: the exit is recorded. */
  announce(id: ContainerId): void {
    this.#waiting.get(id)?.resolve();
    this.#waiting.delete(id);
  }
}
