// A half of the suite is a kind of daemon: the real one and ours, and the cases that both get.
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { patience } from '@berth/test-support/machine-speed.ts';
import { type Case, caseName, type Outcome } from './case.ts';
import type { Broken, Compared } from './report.ts';

/** The real daemon and ours, ready for cases. */
export interface Sides<Side> extends AsyncDisposable {
  real: Side;
  ours: Side;
  /** What the cases left behind on either side, a line each; asked once, after all cases. */
  leftovers(): Promise<string[]>;
}

export interface HalfDefinition<Side> {
  cases: readonly Case<Side>[];
  start(): Promise<Sides<Side>>;
  /** How many cases run at a time; 1 unless given. */
  workers?: number;
}

/** A half without the type of its sides. */
export interface Half {
  cases: readonly { area: string; name: string }[];
  /** Runs the cases whose names are in `selected`, with daemons that live as long as that takes. */
  compare(selected: ReadonlySet<string>): Promise<{ compared: Compared[]; leftovers: string[] }>;
}

/** A case that takes longer has failed; the slowest known one takes 20 s. */
const caseTimeoutMs = 90_000;

export function defineHalf<Side>({ cases, start, workers = 1 }: HalfDefinition<Side>): Half {
  return {
    cases,
    async compare(selected) {
      const wanted = cases.filter((each) => selected.has(caseName(each)));
      if (wanted.length === 0) return { compared: [], leftovers: [] };
      const sides = await start();
      const compared = new Map<Case<Side>, Compared>();
      const run = async (each: Case<Side>) => {
        const [real, ours] = await Promise.all([applied(each, sides.real), applied(each, sides.ours)]);
        const { area, name } = each;
        compared.set(each, { area, name, real: real.outcome, ours: ours.outcome, ms: [real.ms, ours.ms] });
      };
      const queue = wanted.filter(({ alone }) => !alone);
      const worker = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) await run(next);
      };
      await Promise.all(Array.from({ length: workers }, worker));
      for (const each of wanted.filter(({ alone }) => alone)) await run(each);
      const leftovers = await sides.leftovers().catch((error) => [inspect(error)]);
      // A daemon that cannot be taken down must not hide what it did before.
      try {
        await sides[Symbol.asyncDispose]();
      } catch (error) {
        leftovers.push(inspect(error, { depth: 6 }));
      }
      return { compared: wanted.flatMap((each) => compared.get(each) ?? []), leftovers };
    },
  };
}

/** A case that throws is broken itself: refusals of daemons are outcomes. */
async function applied<Side>(
  each: Case<Side>,
  side: Side,
): Promise<{ outcome: Outcome | Broken; ms: number }> {
  const start = performance.now();
  const outcome = await outcomeOf(each, side);
  return { outcome, ms: Math.round(performance.now() - start) };
}

async function outcomeOf<Side>(each: Case<Side>, side: Side): Promise<Outcome | Broken> {
  const over = new AbortController();
  const late = setTimeout(patience(caseTimeoutMs), undefined, { signal: over.signal }).then(() => {
    throw new Error(`no outcome after ${caseTimeoutMs / 1000} s`);
  });
  try {
    return await Promise.race([each.apply(side), late]);
  } catch (error) {
    return { broken: inspect(error) };
  } finally {
    over.abort();
    await late.catch(() => undefined);
  }
}
