// Takes away, in the background, what no pod of the node uses any more: again and again until that succeeds.
import { sleepUntilAborted } from '@berth/common/abort.ts';

const firstRetryMs = 500;
const longestRetryMs = 122_000;

/** What is being taken away, by its folder. */
export class BackgroundEnds {
  readonly #stopped: AbortSignal;
  /** Folders whose end is under way, and whether it was asked for again meanwhile. */
  readonly #underWay = new Map<string, { again: boolean }>();

  /** `stopped`: fires when nothing is to be tried any more. */
  constructor(stopped: AbortSignal) {
    this.#stopped = stopped;
  }

  /**
   * Runs `end` until it succeeds, and once more if it was asked for meanwhile. Never rejects.
   *
   * @param failed told of each failure, and after how many milliseconds the next attempt comes
   */
  async run(
    folder: string,
    end: () => Promise<void>,
    failed: (error: unknown, waitMs: number) => void,
  ): Promise<void> {
    const underWay = this.#underWay.get(folder);
    if (underWay) {
      underWay.again = true;
      return;
    }
    const current = { again: true };
    this.#underWay.set(folder, current);
    let waitMs = firstRetryMs;
    while (current.again && !this.#stopped.aborted) {
      current.again = false;
      try {
        await end();
      } catch (error) {
        failed(error, waitMs);
        await sleepUntilAborted(waitMs, this.#stopped);
        waitMs = Math.min(waitMs * 2, longestRetryMs);
        current.again = true;
      }
    }
    this.#underWay.delete(folder);
  }
}
