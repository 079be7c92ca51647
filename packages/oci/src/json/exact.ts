/** An integer that a JavaScript number cannot hold, kept as its digits by JSON.rawJSON. */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** ECMAScript 2026, which TypeScript's library does not declare yet. */
type Json = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): ExactNumber;
};

const json = JSON as unknown as Json;

/**
 * Parses JSON so that JSON.stringify writes the same integers: 64-bit ones, as Go's tools write them, keep their digits.
 */
export function parseExactJson(text: string): unknown {
  return json.parse(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? json.rawJSON(source)
      : value,
  );
}

/** Whether a value is an ExactNumber. */
export function isExactNumber(value: unknown): value is ExactNumber {
  return typeof value === 'object' && value !== null && 'rawJSON' in value && Object.isFrozen(value);
}
