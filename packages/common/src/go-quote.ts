/** What Go's unicode.IsPrint accepts. */
const printableCharacter = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const shortEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * A text as Go's strconv.Quote writes it: a Go string literal.
 *
 * @example
 * assert.equal(goQuoted('say "hi"\n\u0001é\u200b'), '"say \\"hi\\"\\n\\x01é\\u200b"');
 */
export function goQuoted(text: string): string {
  return `"${[...text.toWellFormed()].map(escaped).join('')}"`;
}

function escaped(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  if (printableCharacter.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
