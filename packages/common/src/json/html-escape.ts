/** Escapes a JSON text as Go's encoding/json does: `<`, `>`, `&` and the line separators U+2028 and U+2029. */
export function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
