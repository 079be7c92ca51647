/** A generator of numbers in [0, 1) that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the items, each with the same chance, in their own order; the same ones for the same seed. */
export function sample<Item>(items: readonly Item[], count: number, seed: number): Item[] {
  const random = seeded(seed);
  const places = items.map((_, index) => index);
  for (let index = 0; index < Math.min(count, places.length); index++) {
    const other = index + Math.floor(random() * (places.length - index));
    [places[index], places[other]] = [places[other] as number, places[index] as number];
  }
  return places
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((index) => items[index] as Item);
}

/** Wilson's interval at 95 %: between which shares the true one lies, when `hits` of `total` were drawn. */
export function confidence(hits: number, total: number): readonly [number, number] {
  if (total === 0) return [0, 1];
  const z = 1.96;
  const share = hits / total;
  const middle = share + z ** 2 / (2 * total);
  const spread = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  const scale = 1 + z ** 2 / total;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}
