/** Random 32-bit numbers, from 0 to 2³²-1, that are the same for the same seed (mulberry32). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Random fractions, from 0 to below 1. */
export function seededFractions(seed: number): () => number {
  const next = mulberry32(seed);
  return () => next() / 4_294_967_296;
}
