// Finds the names that are closest to a mistyped one. Pure.

/**
 * The names in `known` whose last component is close to that of `word`, best first, at most `count`. Ranks by the
 * distance of the whole name, or of its end behind any slash, with or without the tag.
 */
export function closest(word: string, known: readonly string[], count = 3): string[] {
  const wanted = word.toLowerCase();
  const [wantedEnd = ''] = forms(wanted).slice(-1);
  const limit = Math.max(1, Math.floor(wantedEnd.length / 3));
  return [...new Set(known)]
    .map((name) => {
      const candidates = forms(name.toLowerCase());
      const [end = ''] = candidates.slice(-1);
      const whole = Math.min(...candidates.map((form) => distanceOf(wanted, form)));
      return { name, end: distanceOf(wantedEnd, end), whole };
    })
    .filter(({ end, whole }) => end <= limit || whole <= 1)
    .sort((a, b) => a.whole - b.whole || a.end - b.end || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

/** `a/b/c:1` → itself, `b/c:1`, `c:1`, and each without `:1`. */
function forms(name: string): string[] {
  const parts = name.split('/');
  return parts.flatMap((_, index) => {
    const form = parts.slice(index).join('/');
    const bare = form.replace(/(?:@[^/]*|:[^/:@]*)$/, '');
    return bare === '' ? [form] : [form, bare];
  });
}

/** The edit distance, at most 1 when one text contains the other, as `my-nginx` contains `ngin`. */
function distanceOf(word: string, form: string): number {
  const typed = editDistance(word, form);
  const isPart = word.length >= 3 && (form.includes(word) || word.includes(form));
  return isPart && form.length >= 3 ? Math.min(typed, 1) : typed;
}

/** Damerau-Levenshtein distance: insertions, deletions, substitutions and transpositions of neighbours. */
export function editDistance(from: string, to: string): number {
  let [before, last] = [[] as number[], Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row++) {
    const now = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      now.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (now[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwap && row > 1 && column > 1 ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, last] = [last, now];
  }
  return last[to.length] ?? 0;
}
