/** Everything that Go's %q escapes beside quotes and backslashes: control, format and private characters, separators. */
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** Characters of a foreign name or value that an error shows. */
const shownOfName = 200;
/** Characters of a whole text that an error or a line of the log has. */
const shownOfText = 4096;

/**
 * A text from outside for an error or a log: control characters (C0, C1, newlines), bidirectional overrides and
 * what else does not show are escaped as `\u001b`, and what is longer than `limit` is cut. Pure.
 */
export function printable(text: string, limit = shownOfText): string {
  return escapeUnprintable(cut(text, limit));
}

/** The same between quotes, as a JSON string: how errors show names and values that come from outside. */
export function quoted(text: string, limit = shownOfName): string {
  return escapeUnprintable(JSON.stringify(cut(text, limit)));
}

/** Escapes what does not show, in a text of any length. In JSON that is an escape of JSON's. */
export function escapeUnprintable(text: string): string {
  return text.replace(unprintable, (character) =>
    character
      .split('')
      .map((unit) => shortEscapes[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

const shortEscapes: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** The beginning of a text, and how much of it is missing. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
}
