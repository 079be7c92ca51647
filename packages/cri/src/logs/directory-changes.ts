// Waits for changes in directories, by inotify.
import { watch } from 'node:fs';

export class DirectoryChanges {
  readonly #watchers = new Map<string, ReturnType<typeof watch>>();
  readonly #signal: AbortSignal;
  #changed = false;
  #namesChanged = false;
  #wake: () => void = () => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#notice, { once: true });
  }

  /** Watches `directory` too. When that fails, callers rely on their timeout. */
  add(directory: string): void {
    if (this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, (kind) => {
        if (kind === 'rename') this.#namesChanged = true;
        this.#notice();
      });
      watcher.on('error', this.#notice);
      this.#watchers.set(directory, watcher);
    } catch {
      // The directory was removed, or the limit of inotify watches is reached.
    }
  }

  /** Whether files were created, renamed or removed since the last call. */
  takeNamesChanged(): boolean {
    const changed = this.#namesChanged;
    this.#namesChanged = false;
    return changed;
  }

  /** Resolves at the next change, at once for one since the last call, or after `timeoutMs`. */
  async next(timeoutMs: number): Promise<void> {
    if (!this.#changed && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#changed = false;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#signal.removeEventListener('abort', this.#notice);
  }

  readonly #notice = (): void => {
    this.#changed = true;
    this.#wake();
  };
}
