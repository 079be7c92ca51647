// Parses the values of --label.

/** `key=value` words as a map. Throws for a word that does not have exactly one `=`. */
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
