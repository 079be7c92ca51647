// Formats maps of strings.

/** `map[a:1 b:2]`, as Go prints a map with %v. */
export function goMap(info: Readonly<Record<string, string>>): string {
  const entries = Object.keys(info)
    .sort()
    .map((key) => `${key}:${info[key]}`);
  return `map[${entries.join(' ')}]`;
}

/** The lines `Labels:` and `Annotations:` of the verbose listings. */
export function mapLines(title: string, map: Readonly<Record<string, string>>): string[] {
  const keys = Object.keys(map).sort();
  if (keys.length === 0) return [];
  return [`${title}:`, ...keys.map((key) => `\t${key} -> ${map[key]}`)];
}
