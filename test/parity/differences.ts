// Where ours is different from the real one on purpose. `npm run parity` fails for a difference that is not here,
// and for one that is here and no longer there.

export interface Difference {
  /** Area and name of each case that it is about. */
  readonly cases: readonly string[];
  /** One sentence: why ours does something else. */
  readonly reason: string;
}

export const differences: readonly Difference[] = [];
