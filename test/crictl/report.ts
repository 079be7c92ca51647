// Tells how the comparisons went, and what of it is not in DIFFERENCES.md.
import type { Outcome } from './comparison.ts';
import { covers, type Difference } from './differences.ts';
import type { Compared } from './run.ts';

export class Report {
  readonly #differences: readonly Difference[];
  readonly #used = new Set<Difference>();
  readonly #options: { show: boolean; whole: boolean };
  #unlisted = 0;
  #total = 0;

  /** `show` prints both sides of every difference; `whole`: all comparisons ran, so that unused entries are wrong. */
  constructor(differences: readonly Difference[], options: { show: boolean; whole: boolean }) {
    this.#differences = differences;
    this.#options = options;
  }

  /** Prints what one runtime's comparisons found. */
  add(runtime: string, results: readonly Compared[]): void {
    const differing = results.filter(({ differing }) => differing.length > 0);
    const unlisted = differing.filter((result) => !this.#isListed(result));
    const listed = differing.length - unlisted.length;
    this.#total += results.length;
    this.#unlisted += unlisted.length;
    console.log(
      `${runtime}: ${results.length} comparisons, ${unlisted.length} differences beyond the ${listed} listed`,
    );
    for (const result of this.#options.show ? differing : unlisted) console.log(shown(result));
  }

  /** Prints the sum; the exit code. */
  finish(): number {
    const unused = this.#options.whole ? this.#differences.filter((entry) => !this.#used.has(entry)) : [];
    for (const { pattern } of unused)
      console.log(`DIFFERENCES.md lists \`${pattern}\`, which does not differ`);
    const failed = this.#unlisted + unused.length;
    console.log(`${this.#total - this.#unlisted} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  }

  #isListed({ name, differing }: Compared): boolean {
    const entries = this.#differences.filter((entry) => covers(entry, name));
    const isListed = differing.every((part) => entries.some((entry) => entry.parts.has(part)));
    if (isListed) for (const entry of entries) this.#used.add(entry);
    return isListed;
  }
}

function shown({ name, differing, real, ours }: Compared): string {
  const lines = [`  DIFFERENT: crictl ${name}`];
  for (const part of differing) lines.push(...difference(part, real, ours).map((line) => `    ${line}`));
  return lines.join('\n');
}

const contextLines = 16;

/** The lines of a part that only one of the two has, in their order. */
function difference(part: keyof Outcome, real: Outcome, ours: Outcome): string[] {
  const [theirs, own] = [real, ours].map((outcome) => String(outcome[part]).split('\n')) as [
    string[],
    string[],
  ];
  const lines = [
    ...theirs
      .filter((line, index) => line !== own[index] && !own.includes(line))
      .map((line) => `${part} real: ${line}`),
    ...own
      .filter((line, index) => line !== theirs[index] && !theirs.includes(line))
      .map((line) => `${part} ours: ${line}`),
  ];
  if (lines.length === 0) return [`${part}: the same lines in another order or number`];
  return lines.slice(0, contextLines);
}
