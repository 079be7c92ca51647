// Which cases a run takes.
import { caseName } from './case.ts';

export interface Selection {
  /** Parts of names, of which a case has to have one; none: all cases. */
  words: readonly string[];
  /** How many cases to take, spread evenly over all; undefined: all. */
  sample: number | undefined;
}

/** Pure: the names of the cases that a selection takes. The same selection always takes the same. */
export function select(
  cases: readonly { area: string; name: string }[],
  { words, sample }: Selection,
): Set<string> {
  const names = cases
    .map(caseName)
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
  const count = Math.min(sample ?? names.length, names.length);
  const spread = Array.from({ length: count }, (_, index) => Math.floor((index * names.length) / count));
  return new Set(spread.flatMap((index) => names[index] ?? []));
}
