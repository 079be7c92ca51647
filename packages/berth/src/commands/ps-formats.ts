/** The formats of `berth ps -o`. */
export const outputFormats = ['wide', 'json', 'yaml', 'name'] as const;

/** A format; undefined is a table. */
export type OutputFormat = (typeof outputFormats)[number];
