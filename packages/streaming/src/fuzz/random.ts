/** A small generator of reproducible random numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
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
