import { sleepUntilAborted } from '@berth/common/abort.ts';
import type { Digest } from '@berth/oci/image-spec/digest.ts';
import type { ImageLayer } from '@berth/oci/image-spec/image.ts';

/** The progress of one layer of a pull. */
export interface LayerProgress {
  readonly digest: Digest;
  readonly phase: 'waiting' | 'downloading' | 'unpacking' | 'done';
  /** Downloaded bytes of the blob, of `totalBytes`. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Milliseconds between two updates to a watcher. */
const interval = 100;

/** The progress of a pull, for any number of watchers. */
export class PullProgress {
  #states: LayerProgress[] = [];
  #version = 0;
  #changed = Promise.withResolvers<void>();
  readonly #ended = new AbortController();

  /** The layers, bottom first, once they are known. */
  begin(layers: readonly ImageLayer[]): void {
    this.#states = layers.map(({ descriptor: { digest, size } }) => ({
      digest,
      phase: 'waiting',
      doneBytes: 0,
      totalBytes: size,
    }));
    this.#touch();
  }

  set({ descriptor: { digest } }: ImageLayer, phase: LayerProgress['phase'], doneBytes?: number): void {
    this.#states = this.#states.map((state) =>
      state.digest === digest
        ? { ...state, phase, doneBytes: doneBytes ?? (phase === 'waiting' ? 0 : state.totalBytes) }
        : state,
    );
    this.#touch();
  }

  /** The current progress of the layers. */
  get layers(): readonly LayerProgress[] {
    return this.#states;
  }

  /** Ends all watchers: the pull has ended. */
  end(): void {
    this.#ended.abort();
    this.#wake();
  }

  /** The layers after each change, at most ten times a second, until the pull has ended. */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LayerProgress[]> {
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      for (let seen = 0; !this.#ended.signal.aborted && !signal.aborted; ) {
        if (this.#version === seen) {
          await this.#changed.promise;
          continue;
        }
        seen = this.#version;
        yield this.#states;
        await sleepUntilAborted(interval, this.#ended.signal, { ref: false });
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  #touch(): void {
    this.#version += 1;
    this.#wake();
  }

  /** Wakes all watchers. */
  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
