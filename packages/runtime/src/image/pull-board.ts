import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '@berth/oci/digest.ts';
import type { ImageLayer } from '@berth/oci/image.ts';

/** How far one layer of a pull is. */
export interface LayerState {
  readonly digest: Digest;
  readonly phase: 'waiting' | 'downloading' | 'unpacking' | 'done';
  /** Bytes of the blob that are here, of `totalBytes`. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Milliseconds between two looks of a watcher: what a person can follow. */
const interval = 100;

/** Where a pull writes how it goes, for any number of watchers to read. */
export class PullBoard {
  private states: LayerState[] = [];
  private version = 0;
  private ended = false;
  private changed = Promise.withResolvers<void>();
  private readonly finished = Promise.withResolvers<void>();

  /** The layers, bottom first, once they are known. */
  begin(layers: readonly ImageLayer[]): void {
    this.states = layers.map(({ descriptor: { digest, size } }) => ({
      digest,
      phase: 'waiting',
      doneBytes: 0,
      totalBytes: size,
    }));
    this.touch();
  }

  set({ descriptor: { digest } }: ImageLayer, phase: LayerState['phase'], doneBytes?: number): void {
    this.states = this.states.map((state) =>
      state.digest === digest
        ? { ...state, phase, doneBytes: doneBytes ?? (phase === 'waiting' ? 0 : state.totalBytes) }
        : state,
    );
    this.touch();
  }

  /** How far the layers are now. */
  get layers(): readonly LayerState[] {
    return this.states;
  }

  /** Nothing comes any more: watchers end. */
  end(): void {
    this.ended = true;
    this.touch();
  }

  /** The layers whenever something has changed, at most ten times a second, until the pull has ended. */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LayerState[]> {
    let seen = 0;
    while (!this.ended && !signal.aborted) {
      if (this.version === seen) await Promise.race([this.changed.promise, aborted(signal)]);
      if (this.ended || signal.aborted) return;
      seen = this.version;
      yield this.states;
      await Promise.race([sleep(interval, undefined, { ref: false }), this.finished.promise]);
    }
  }

  private touch(): void {
    this.version += 1;
    this.changed.resolve();
    this.changed = Promise.withResolvers();
    if (this.ended) this.finished.resolve();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
