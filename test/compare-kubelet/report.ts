// Tells what differs, grouped by field and values, and what of it differences.ts does not list.
import type { FieldDifference } from './comparison.ts';
import { covers, type Difference } from './difference.ts';

export interface GroupCount {
  compared: number;
  listed: number;
  unlisted: number;
}

export interface Report {
  lines: string[];
  /** Differences that are not listed, and entries that differ no more. */
  failures: number;
  /** The cases and requests in which something differs that is not listed. */
  differing: ReadonlySet<string>;
  /** How many entries differ no more. */
  unused: number;
}

/** How the differences of one column are told. */
export interface ReportOptions {
  /** All cases ran, so that an entry which is not used is wrong. */
  whole: boolean;
  /** Tell of listed ones too. */
  show: boolean;
  /** Most lines of cases per difference, and characters per value. */
  most?: number;
}

/** Pure: the report of one column. `names` are all that were compared. */
export function report(
  names: readonly string[],
  differing: readonly FieldDifference[],
  differences: readonly Difference[],
  { whole, show }: ReportOptions,
): Report {
  const used = new Set<Difference>();
  const unlisted: FieldDifference[] = [];
  const listed: FieldDifference[] = [];
  for (const each of differing) {
    const entries = differences.filter((entry) => covers(entry, each));
    for (const entry of entries) used.add(entry);
    (entries.length > 0 ? listed : unlisted).push(each);
  }
  const unused = whole ? differences.filter((entry) => !used.has(entry) && !entry.isTimed) : [];
  const lines = [
    ...groupLines(names, unlisted, listed),
    ...byCause(show ? differing : unlisted),
    ...unused.map(({ reason }) => `LISTED, AND DIFFERS NO MORE: ${reason}`),
  ];
  return {
    lines,
    failures: unlisted.length + unused.length,
    differing: new Set(unlisted.map(({ name }) => name)),
    unused: unused.length,
  };
}

function groupLines(
  names: readonly string[],
  unlisted: readonly FieldDifference[],
  listed: readonly FieldDifference[],
): string[] {
  const groupOf = (name: string) => name.slice(0, name.indexOf(':'));
  return [...new Set(names.map(groupOf))].map((group) => {
    const own = names.filter((name) => groupOf(name) === group);
    const count = (list: readonly FieldDifference[]) =>
      list.filter(({ name }) => groupOf(name) === group).length;
    const differing = new Set(unlisted.filter(({ name }) => groupOf(name) === group).map(({ name }) => name));
    return `  ${group}: ${own.length - differing.size} of ${own.length} alike, ${count(unlisted)} fields differ beyond ${count(listed)} listed`;
  });
}

const mostNames = 6;
const mostValues = 3;
const mostText = 300;

/** Pure: differences of one field, whatever its place in lists, are told together. */
function byCause(differing: readonly FieldDifference[]): string[] {
  const causes = Map.groupBy(differing, ({ path }) => fieldOf(path));
  const ordered = [...causes].sort(([, one], [, other]) => other.length - one.length);
  return ordered.flatMap(([field, each]) => {
    const values = Map.groupBy(each, ({ real, ours }) => JSON.stringify([real ?? null, ours ?? null]));
    const most = [...values.values()].sort((one, other) => other.length - one.length);
    return [
      `DIFFERENT: ${field} (${namesOf(each).length} cases)`,
      ...most.slice(0, mostValues).flatMap(shownValues),
      ...(most.length > mostValues ? [`    and ${most.length - mostValues} other values`] : []),
    ];
  });
}

/** Pure: a path without the moment at which it was looked at, numbers of places, and names of containers. */
export function fieldOf(path: string): string {
  return path
    .replace(/^(settled|edited)\./, '')
    .replace(/\[\d+\]/g, '[*]')
    .replace(/^containers\.[^.]+\./, 'containers.*.');
}

function shownValues(each: readonly FieldDifference[]): string[] {
  const [first] = each;
  const names = namesOf(each);
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return [
    `    real: ${shown(first?.real)}`,
    `    ours: ${shown(first?.ours)}`,
    `      in ${names.slice(0, mostNames).join('; ')}${more}`,
  ];
}

function namesOf(each: readonly FieldDifference[]): string[] {
  return [...new Set(each.map(({ name }) => name))];
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > mostText ? `${text.slice(0, mostText)}…` : text;
}
