// The values of `--validate`.
/** What becomes of fields that a node ignores: an error each, a warning each, or nothing. */
export const validations = ['strict', 'warn', 'ignore'] as const;
export type Validation = (typeof validations)[number];
