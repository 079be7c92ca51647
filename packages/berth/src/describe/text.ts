// The layout of descriptions: labels, and values beside or below them. Pure.

/** A label with its value: a text beside it, or lines or further entries below. */
export type Entry = readonly [
  label: string,
  value: string | { readonly lines: readonly string[] } | { readonly entries: readonly Entry[] },
];

const indentation = '  ';
const gap = 2;

/** The entries below each other; the texts of one level are in one column. */
export function layOut(entries: readonly Entry[], level = 0): string[] {
  const indent = indentation.repeat(level);
  const widths = entries.map(([label, value]) => (typeof value === 'string' ? label.length + 1 : 0));
  const width = Math.max(0, ...widths) + gap;
  return entries.flatMap(([label, value]) => {
    if (typeof value === 'string') return [`${indent}${`${label}:`.padEnd(width)}${value}`.trimEnd()];
    const below =
      'entries' in value
        ? layOut(value.entries, level + 1)
        : value.lines.map((line) => `${indent}${indentation}${line}`.trimEnd());
    return [`${indent}${label}:`, ...below];
  });
}

/** A map as lines in the order of its keys; `<none>` when it is empty. */
export function mapEntry(label: string, map: Readonly<Record<string, string>> | undefined): Entry {
  const lines = Object.entries(map ?? {})
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}: ${value}`);
  return [label, lines.length === 0 ? '<none>' : { lines }];
}

/** A time as kubectl prints it. */
export function timeText(time: string | undefined): string {
  return time === undefined ? '<unknown>' : new Date(time).toUTCString().replace('GMT', '+0000');
}
