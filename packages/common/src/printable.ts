/** Everything that Go's %q escapes beside quotes and backslashes: control, format and private characters, separators. */
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** Characters of a foreign name or value that an error shows. */
const shownOfName = 200;
/** Characters of a whole text that an error or a line of the log has. */
const shownOfText = 4096;

/**
 * Makes a foreign text safe to show in an error or a log: escapes control characters (C0, C1, newlines), bidirectional
 * overrides and all other invisible characters, and cuts it after `limit` characters. Pure.
 *
 * @example
 * assert.equal(printable('image\u001b[31m'), 'image\\u001b[31m');
 * assert.equal(printable('nginx', 3), 'ngi… (2 more characters)');
 */
export function printable(text: string, limit = shownOfText): string {
  return escapeUnprintable(cut(text, limit));
}

/** As printable, between quotes, as a JSON string: how errors show foreign names and values. */
export function quoted(text: string, limit = shownOfName): string {
  return escapeUnprintable(JSON.stringify(cut(text, limit)));
}

/** Escapes invisible characters in a text of any length. The escapes are JSON's. */
export function escapeUnprintable(text: string): string {
  return text.replace(unprintable, (character) =>
    character
      .split('')
      .map((unit) => shortEscapes[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

const shortEscapes: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** The beginning of a text, and how many characters were cut off. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
}
