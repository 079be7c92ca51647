// Tables of several runtimes, as they are printed and kept in bench/RESULTS.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** What a suite measured: names of the runtimes and, in the same order, figures by what they are of. */
export interface SuiteResult {
  /** As in `npm run bench -- pods`. */
  suite: string;
  /** What was done, for the heading's text. */
  about: string;
  names: readonly string[];
  figures: readonly ReadonlyMap<string, number>[];
  /** The unit of a figure; `ms` unless said otherwise. */
  unit: (what: string) => string;
  /** The largest ratio of the first runtime to the last that is accepted. */
  ratioGoals: Readonly<Record<string, number>>;
  /** The largest figure of the first runtime that is accepted. */
  limits: Readonly<Record<string, number>>;
}

/** Pure: the goals that a result misses, a line each. */
export function missedGoals({ names, figures, unit, ratioGoals, limits }: SuiteResult): string[] {
  const [first] = figures;
  const last = figures.at(-1);
  const ratios = Object.entries(ratioGoals).flatMap(([what, goal]) => {
    const ratio = (first?.get(what) ?? Number.NaN) / (last?.get(what) ?? Number.NaN);
    return ratio <= goal ? [] : [`${what}: ${ratio.toFixed(2)} × ${names.at(-1)}, at most ${goal}`];
  });
  const sizes = Object.entries(limits).flatMap(([what, most]) => {
    const value = first?.get(what) ?? Number.NaN;
    return value <= most ? [] : [`${what}: ${`${value.toFixed(2)} ${unit(what)}`.trim()}, at most ${most}`];
  });
  return [...ratios, ...sizes];
}

/** Pure: the result as a Markdown table; the ratio is of the first runtime to the last. */
export function markdownTable(result: SuiteResult): string {
  const { names, figures, unit, ratioGoals, limits } = result;
  const keys = [...(figures[0]?.keys() ?? [])];
  const rows = keys.map((what) => {
    const values = figures.map((each) => each.get(what));
    const cells = values.map((value) =>
      value === undefined ? '' : `${value.toFixed(value < 10 ? 2 : 1)} ${unit(what)}`.trim(),
    );
    const [first] = values;
    const last = values.at(-1);
    const ratio = names.length > 1 && first !== undefined && last ? `${(first / last).toFixed(2)} ×` : '';
    const goal = ratioGoals[what];
    const most = limits[what];
    const wanted = [
      ...(goal === undefined ? [] : [`≤ ${goal} ×`]),
      ...(most === undefined ? [] : [`≤ ${most} ${unit(what)}`.trim()]),
    ];
    return [what, ...cells, ratio, wanted.join(', ')];
  });
  const header = ['', ...names, 'ratio', 'goal'];
  const widths = header.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

/** Pure: RESULTS.md with the section of this suite replaced, or added at the end. */
export function withSection(text: string, suite: string, section: string): string {
  const heading = `## ${suite}\n`;
  const start = text.indexOf(heading);
  const body = `${heading}\n${section.trim()}\n`;
  if (start === -1) return `${text.trimEnd()}\n\n${body}`;
  const end = text.indexOf('\n## ', start);
  return end === -1 ? `${text.slice(0, start)}${body}` : `${text.slice(0, start)}${body}${text.slice(end)}`;
}

/** Writes a result into bench/RESULTS.md. */
export function record(result: SuiteResult): void {
  const file = join(import.meta.dirname, 'RESULTS.md');
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 1024 ** 3)} GiB`;
  const missed = missedGoals(result);
  const section = [
    `${result.about} Measured on ${new Date().toISOString().slice(0, 10)}, ${machine}.`,
    markdownTable(result),
    ...(missed.length === 0 ? [] : [`Missed: ${missed.join('; ')}.`]),
  ].join('\n\n');
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), result.suite, section));
}
