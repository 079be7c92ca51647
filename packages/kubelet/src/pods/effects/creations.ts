// How many sandboxes and containers are created at once.
import { Semaphore } from '@berth/common/semaphore.ts';

/** Maximum number of concurrent RunPodSandbox and CreateContainer calls: keeps the runtime busy without flooding it. */
const maxCreations = 16;

/** What takes longer waits for something else than the processor, such as a file server that is down. */
const busyMs = 5_000;

/** Limits concurrent creations, those that hang apart: pods of a dead file server must not hold up all others. */
export class Creations {
  readonly #slots = new Semaphore(maxCreations);

  /** Runs `create` when a slot is free; rejects with the signal's reason when it is aborted before. */
  async run<Result>(create: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const free = await this.#slots.acquire(signal);
    let isFree = false;
    const release = (): void => {
      if (!isFree) free();
      isFree = true;
    };
    const timer = setTimeout(release, busyMs);
    try {
      return await create();
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}
