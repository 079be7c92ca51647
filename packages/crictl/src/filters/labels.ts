// What the listing commands share: labels, name patterns, newest first, the last few.

/** `key=value` words as a map. Throws on a word without exactly one `=`. */
export function parseLabels(words: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const word of words) {
    const [key, value, ...rest] = word.split('=');
    if (key === undefined || value === undefined || rest.length > 0) {
      throw new Error(`incorrectly specified label: ${word}`);
    }
    labels[key] = value;
  }
  return labels;
}

/** Newest first; with `latest` only one, with a positive `last` so many. */
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
