/** A number that stands in JSON by its digits, since a JavaScript number could not hold it: JSON.rawJSON's object. */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** ECMAScript 2026, which TypeScript's library does not know yet. */
type Json = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): ExactNumber;
};

const json = JSON as unknown as Json;

/**
 * Parses JSON so that JSON.stringify writes its integers as they were: those of 64 bits, as Go's tools write them, are
 * kept by their digits.
 */
export function parseExactJson(text: string): unknown {
  return json.parse(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? json.rawJSON(source)
      : value,
  );
}

/** Whether a value is a number that is kept by its digits. */
export function isExactNumber(value: unknown): value is ExactNumber {
  return typeof value === 'object' && value !== null && 'rawJSON' in value && Object.isFrozen(value);
}
