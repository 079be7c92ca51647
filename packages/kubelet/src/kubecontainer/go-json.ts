// JSON as Go writes it, for texts that the real kubelet writes too.

/**
 * `value` as JSON with the escapes of Go, which JavaScript's JSON does not have. With `fields`, objects at all depths
 * have their members in that order, as the fields of a struct, and no others.
 */
export function goJson(value: unknown, fields?: readonly string[]): string {
  const json = JSON.stringify(value, fields && [...fields]);
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
