// All objects of a list and watch, each time that some have changed. What comes at once is told once.

/** Lists and watches objects. Calls `onChange` when the first list is complete, and after each change. */
export type Listing = (onChange: () => void) => {
  objects(): Iterable<unknown>;
  start(): void;
  stop(): void | Promise<void>;
};

/** Tells of a listing, no sooner than `ready` has resolved. */
export class ObjectFeed {
  readonly #listing: ReturnType<Listing>;
  readonly #ready: (signal: AbortSignal) => Promise<void>;
  readonly #stopped = new AbortController();
  #onObjects: (objects: readonly unknown[]) => void = () => {};
  #isDue = false;

  /** @param ready what has to happen before the listing starts; by default nothing */
  constructor(listing: Listing, ready: (signal: AbortSignal) => Promise<void> = async () => {}) {
    this.#listing = listing(() => this.#due());
    this.#ready = ready;
  }

  /** Starts. Calls `onObjects` with all objects. */
  start(onObjects: (objects: readonly unknown[]) => void): void {
    this.#onObjects = onObjects;
    const { signal } = this.#stopped;
    this.#ready(signal).then(
      () => {
        if (!signal.aborted) this.#listing.start();
      },
      // It is stopped before it has begun.
      () => {},
    );
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#onObjects = () => {};
    await this.#listing.stop();
  }

  #due(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (!this.#stopped.signal.aborted) this.#onObjects([...this.#listing.objects()]);
    });
  }
}
