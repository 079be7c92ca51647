// Base64 as the API server decodes it.

/** What is wrong with the text; undefined when it is base64 with its padding. Line breaks inside are allowed. */
export function base64Problem(text: string): string | undefined {
  const at = illegalByte(/[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, '') : text);
  return at === undefined ? undefined : `illegal base64 data at input byte ${at}`;
}

function illegalByte(text: string): number | undefined {
  const start = text.search(/[^A-Za-z0-9+/]/);
  if (start === -1) return text.length % 4 === 0 ? undefined : text.length - (text.length % 4);
  const missing = 4 - (start % 4);
  if (text[start] !== '=' || missing > 2) return start;
  const padding = text.slice(start, start + missing);
  if (padding === '=' && missing === 2) return text.length;
  if (padding !== '='.repeat(missing)) return start;
  return text.length === start + missing ? undefined : start + missing;
}
