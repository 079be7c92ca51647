// The order of listings, and their limits --latest and --last.

/** Sorts items newest first; keeps `last` of them when it is positive, or one with `latest`. */
export function newest<Item extends { createdAt: bigint }>(
  items: readonly Item[],
  { latest, last }: { latest: boolean; last: number },
): Item[] {
  const sorted = items.toSorted((a, b) =>
    a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0,
  );
  const count = last > 0 ? last : latest ? 1 : sorted.length;
  return sorted.slice(0, count);
}
