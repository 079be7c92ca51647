// What the comparisons found, in words.
import { isDeepStrictEqual } from 'node:util';
import { caseName, type Json, type Outcome } from './case.ts';
import type { Difference } from './differences.ts';

/** The case itself failed on a side: neither an outcome nor a refusal. */
export interface Broken {
  broken: string;
}

export interface Compared {
  area: string;
  name: string;
  real: Outcome | Broken;
  ours: Outcome | Broken;
  /** How long the case took with the real one and with ours, where each is run by itself. */
  ms?: readonly [real: number, ours: number];
}

export interface Report {
  lines: string[];
  /** Differences that are not listed, listed ones that are none, and cases that failed themselves. */
  unexpected: number;
}

/** Pure: judges the comparisons by the list; `show` prints the listed differences too. */
export function report(
  compared: readonly Compared[],
  differences: readonly Difference[],
  { show = false }: { show?: boolean } = {},
): Report {
  const lines: string[] = [];
  const areas = new Map<string, { inputs: number; listed: number; unexpected: number }>();
  for (const each of compared) {
    const { area, real, ours } = each;
    const counts = areas.get(area) ?? { inputs: 0, listed: 0, unexpected: 0 };
    areas.set(area, counts);
    counts.inputs += 1;
    if ('broken' in real || 'broken' in ours) {
      counts.unexpected += 1;
      lines.push(`BROKEN: ${caseName(each)}`);
      for (const [side, outcome] of Object.entries({ real, ours })) {
        if ('broken' in outcome) lines.push(`    ${side}: ${outcome.broken}`);
      }
      continue;
    }
    const differs = !isDeepStrictEqual(plain(real.facts), plain(ours.facts));
    const listed = differences.find(({ cases }) => cases.includes(caseName(each)));
    if (differs && listed !== undefined) {
      counts.listed += 1;
      if (show) lines.push(`LISTED: ${caseName(each)}: ${listed.reason}`, ...shown(real, ours));
    } else if (differs) {
      counts.unexpected += 1;
      lines.push(`DIFFERENT: ${caseName(each)}`, ...shown(real, ours));
    } else if (listed !== undefined) {
      counts.unexpected += 1;
      lines.push(`NO LONGER DIFFERENT, but listed in differences.ts: ${caseName(each)}`);
    }
  }
  for (const [area, { inputs, listed, unexpected }] of areas) {
    lines.push(`  ${area}: ${inputs} inputs, ${listed} differ as listed, ${unexpected} unexpected`);
  }
  const sum = (key: 'listed' | 'unexpected') =>
    [...areas.values()].reduce((total, counts) => total + counts[key], 0);
  lines.push(
    `parity: ${compared.length} inputs, ${sum('listed')} differ as listed, ${sum('unexpected')} unexpected`,
  );
  return { lines, unexpected: sum('unexpected') };
}

/** Pure: the cases that took longest, a line each. */
export function slowest(compared: readonly Compared[], count: number): string[] {
  return compared
    .flatMap((each) => (each.ms ? [{ name: caseName(each), real: each.ms[0], ours: each.ms[1] }] : []))
    .sort((a, b) => Math.max(b.real, b.ours) - Math.max(a.real, a.ours))
    .slice(0, count)
    .map(({ name, real, ours }) => `${name}: ${real} ms, ours ${ours} ms`);
}

/** Without members that are undefined, which JSON cannot tell from absent ones. */
function plain(facts: Json): unknown {
  return JSON.parse(JSON.stringify(facts));
}

const maxShown = 12;

/** The members, and lines of lists, that only one side has; and what either said. */
function shown(real: Outcome, ours: Outcome): string[] {
  const [theirs, own] = [flat(real.facts), flat(ours.facts)];
  const only = (side: string, some: string[], others: string[]) => {
    const lines = some.filter((line) => !others.includes(line));
    const rest = lines.length > maxShown ? [`    ${side}: … ${lines.length - maxShown} more`] : [];
    return [...lines.slice(0, maxShown).map((line) => `    ${side}: ${line}`), ...rest];
  };
  const differing = [...only('real', theirs, own), ...only('ours', own, theirs)];
  if (differing.length === 0) {
    const at = theirs.findIndex((line, index) => line !== own[index]);
    differing.push(
      `    the same in another order or number: real ${theirs.length} lines, ours ${own.length}`,
      `    first at: real ${theirs[at]}, ours ${own[at]}`,
    );
  }
  const said = (side: string, { said }: Outcome) => (said === undefined ? [] : [`    ${side} said: ${said}`]);
  return [...differing, ...said('real', real), ...said('ours', ours)];
}

/** A line for each value, as `files.3: …`; elements of lists without their index, which shifts. */
function flat(facts: Json, path = ''): string[] {
  if (Array.isArray(facts)) {
    return facts.length === 0 ? [`${path}: []`] : facts.flatMap((each: Json) => flat(each, `${path}[]`));
  }
  if (typeof facts === 'object' && facts !== null) {
    return Object.entries(facts).flatMap(([key, value]) =>
      value === undefined ? [] : flat(value, path === '' ? key : `${path}.${key}`),
    );
  }
  return [`${path}: ${JSON.stringify(facts)}`];
}
