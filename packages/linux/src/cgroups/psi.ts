/** Pressure stall information: time that tasks waited for a resource, see Documentation/accounting/psi.rst. */
export interface PressureLine {
  /** Total since the creation of the cgroup. */
  readonly totalNanoseconds: bigint;
  /** Percent of the last 10, 60 and 300 seconds. */
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
}

/** `some`: at least one task waited; `full`: all of them did. */
export interface Pressure {
  readonly some?: PressureLine;
  readonly full?: PressureLine;
}

/** Parses a file such as cpu.pressure; `undefined` for an absent or empty one. */
export function parsePressure(text: string | undefined): Pressure | undefined {
  if (text === undefined) return undefined;
  const some = parseLine(text, 'some');
  const full = parseLine(text, 'full');
  if (some === undefined && full === undefined) return undefined;
  return { ...(some === undefined ? {} : { some }), ...(full === undefined ? {} : { full }) };
}

const line = /^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+) total=(\d+)$/gm;

function parseLine(text: string, kind: 'some' | 'full'): PressureLine | undefined {
  for (const [, found, avg10, avg60, avg300, total] of text.matchAll(line)) {
    if (found !== kind || total === undefined) continue;
    const [ten, sixty, threeHundred] = [Number(avg10), Number(avg60), Number(avg300)];
    return {
      totalNanoseconds: BigInt(total) * 1000n,
      avg10: ten,
      avg60: sixty,
      avg300: threeHundred,
    };
  }
  return undefined;
}
