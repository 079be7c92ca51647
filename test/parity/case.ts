// A parity case is one input, given to the real daemon and to ours; what happens has to be the same.

/** Plain data, as JSON has it. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** What a daemon did with an input: facts that have to be equal on both sides, and words that need not. */
export interface Outcome {
  /** Accepted or refused, and what came of it; without ids, times, paths and ports of the run. */
  facts: Json;
  /** What the daemon said about it, for the reader of a difference. */
  said?: string;
}

export interface Case<Side> {
  /** What the input is about, such as `layers`; the cases of an area stand together. */
  area: string;
  /** Unique in its area; says what is odd about the input. */
  name: string;
  /** Gives the input to one side and tells what came of it. */
  apply(side: Side): Promise<Outcome>;
  /** The case needs the two daemons to itself. */
  alone?: boolean;
}

/** How a case is called in reports and in differences.ts. */
export function caseName({ area, name }: { area: string; name: string }): string {
  return `${area}: ${name}`;
}
