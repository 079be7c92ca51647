import { mulberry32 } from '@berth/test-support/random.ts';

/** Random choices that are the same for the same seed. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = mulberry32(seed);
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return this.#next() % limit;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0];
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** The same bytes with a few of them changed, cut out or doubled. */
  mutate(bytes: Buffer): Buffer {
    let mutated = Buffer.from(bytes);
    for (let count = 1 + this.below(4); count > 0 && mutated.length > 0; count--) {
      const at = this.below(mutated.length);
      const length = 1 + this.below(8);
      const kind = this.below(4);
      if (kind === 0) mutated[at] = this.below(256);
      else if (kind === 1) mutated[at] = (mutated[at] ?? 0) ^ (1 << this.below(8));
      else if (kind === 2) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + length)]);
      else mutated = Buffer.concat([mutated.subarray(0, at + length), mutated.subarray(at)]);
    }
    return mutated;
  }

  /** Cuts bytes as a network may. */
  *chunks(bytes: Buffer): Generator<Buffer, void, undefined> {
    const size = bytes.length > 2000 ? this.pick([1000, 65536]) : this.pick([1, 7, 64, 1000]);
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + this.below(size);
      yield bytes.subarray(at, at + length);
      at += length;
    }
  }
}
