// The values of `--validate`.
/** How to report fields that a node ignores: as errors, as warnings, or not at all. */
export const validations = ['strict', 'warn', 'ignore'] as const;
export type Validation = (typeof validations)[number];
