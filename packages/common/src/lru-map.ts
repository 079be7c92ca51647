// A map of limited size that drops the entry that was used longest ago.

/**
 * A map with at most `limit` entries: a new one drops the one that was read or set longest ago.
 *
 * @example
 * const map = new LruMap(2);
 * map.set('a', 1);
 * map.set('b', 2);
 * map.get('a');
 * map.set('c', 3);
 * assert.equal(map.get('b'), undefined);
 */
export class LruMap<Key, Value> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of a key, which is then the one that was used last. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  /** Sets the value of a key. */
  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
