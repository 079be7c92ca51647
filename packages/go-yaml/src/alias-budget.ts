// How much of a document may come from aliases: the bound of Go's parser, by which a small file cannot become
// a huge one ("billion laughs"), while 100 and more uses of one anchor are nothing.

/** Up to so many values, 99 of 100 may come from aliases. */
const smallDocument = 400_000;
/** From so many on, 10 of 100; between the two the share falls evenly. */
const largeDocument = 4_000_000;

/** Counts the values of one document. */
export class AliasBudget {
  #values = 0;
  #aliased = 0;

  /** Counts a value, and whether it comes from an alias; false when there are too many of those. */
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
