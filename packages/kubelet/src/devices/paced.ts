// Paces an operation that many events ask for: a plugin whose devices flap must not keep the API server busy.

/** Runs an operation at once, and then at most once in each interval. */
export class Paced {
  readonly #run: () => void;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isAsked = false;

  constructor(run: () => void, intervalMs: number) {
    this.#run = run;
    this.#intervalMs = intervalMs;
  }

  /** Has it run now, or when the interval since the last time is over. */
  ask(): void {
    this.#isAsked = true;
    if (!this.#timer) this.#next();
  }

  /** It does not run any more, unless it is asked for again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isAsked = false;
  }

  #next(): void {
    this.#timer = undefined;
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.#timer = setTimeout(() => this.#next(), this.#intervalMs);
    this.#run();
  }
}
