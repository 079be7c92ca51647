// What node:test's spec reporter prints of a file, taken apart, so that the reports of many files become one.

/** How many tests ended how, by the reporter's own words: tests, suites, pass, fail, cancelled, skipped, todo. */
export type Counts = ReadonlyMap<string, number>;

export interface SpecReport {
  /** A line for each test and each diagnostic. */
  body: string;
  counts: Counts;
  /** Everything about the tests that failed, without its heading; empty when none did. */
  failures: string;
}

const names = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'];
const summary = new RegExp(
  `^${names.map((name) => `ℹ ${name} (\\d+)\n`).join('')}ℹ duration_ms [\\d.]+\n`,
  'm',
);
const heading = '✖ failing tests:\n';

/** Pure: takes the reporter's output apart; undefined when the process ended before its summary. */
export function parseSpecReport(output: string): SpecReport | undefined {
  const found = summary.exec(output);
  if (found === null) return undefined;
  const rest = output.slice(found.index + found[0].length);
  const failing = rest.indexOf(heading);
  return {
    // What is printed after the summary belongs to the file too.
    body: output.slice(0, found.index) + (failing < 0 ? rest : rest.slice(0, failing)).trimStart(),
    counts: new Map(names.map((name, index) => [name, Number(found[index + 1])])),
    failures: failing < 0 ? '' : rest.slice(failing + heading.length).trim(),
  };
}

/** Pure: the summary of several reports, as the reporter prints it. */
export function summaryOf(all: readonly Counts[], durationMs: number): string {
  const lines = names.map(
    (name) => `ℹ ${name} ${all.reduce((sum, counts) => sum + (counts.get(name) ?? 0), 0)}`,
  );
  return [...lines, `ℹ duration_ms ${durationMs.toFixed(0)}`].join('\n');
}
