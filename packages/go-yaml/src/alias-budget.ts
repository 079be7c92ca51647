// The limit of Go's YAML parser for values from aliases, against "billion laughs": a hundred uses of one anchor are
// allowed, exponential expansion is not.

/** Up to this number of values, 99 % may come from aliases. */
const smallDocument = 400_000;
/** From this number on, 10 %; in between, the share decreases linearly. */
const largeDocument = 4_000_000;

/** Counts the values of one document. */
export class AliasBudget {
  #values = 0;
  #aliased = 0;

  /** Counts a value; false when too many come from aliases. */
  spend(isAliased: boolean): boolean {
    this.#values += 1;
    if (isAliased) this.#aliased += 1;
    if (this.#aliased <= 100 || this.#values <= 1000) return true;
    return this.#aliased / this.#values <= allowedShare(this.#values);
  }
}

function allowedShare(values: number): number {
  if (values <= smallDocument) return 0.99;
  if (values >= largeDocument) return 0.1;
  return 0.99 - (0.89 * (values - smallDocument)) / (largeDocument - smallDocument);
}
