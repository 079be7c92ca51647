// What a soak looks at over time: figures of the daemon, the slope of each, and whether it stays level.

/** Figures of berthd at one time. */
export interface Sample {
  /** Milliseconds since the soak began. */
  at: number;
  residentMiB: number;
  descriptors: number;
  threads: number;
  databaseKiB: number;
  /** Processes of the node besides berthd, and mounts below its folder. */
  processes: number;
  mounts: number;
}

export type Figure = Exclude<keyof Sample, 'at'>;

/**
 * What each may grow by in an hour, and by how much its level may differ from the first half's to the second's
 * whatever the slope: over a few minutes the slope of what goes up and down says nothing.
 */
export const bounds: Readonly<Record<Figure, { perHour: number; step: number; unit: string }>> = {
  residentMiB: { perHour: 12, step: 8, unit: 'MiB' },
  descriptors: { perHour: 6, step: 3, unit: '' },
  threads: { perHour: 3, step: 2, unit: '' },
  databaseKiB: { perHour: 256, step: 128, unit: 'KiB' },
  processes: { perHour: 6, step: 4, unit: '' },
  mounts: { perHour: 6, step: 6, unit: '' },
};

/** The slope of a line through the points by least squares, in units of y for one of x; 0 for less than two. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let [covariance, variance] = [0, 0];
  for (const [x, y] of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}

export interface Verdict {
  figure: Figure;
  first: number;
  last: number;
  most: number;
  perHour: number;
  passed: boolean;
}

/** Judges the samples that were taken after the warm-up. A figure fails that grows by its slope and by its level. */
export function judge(samples: readonly Sample[]): Verdict[] {
  const figures = Object.keys(bounds).filter((name): name is Figure => name in bounds);
  return figures.map((figure) => {
    const values = samples.map((sample) => sample[figure]);
    const perHour = slope(samples.map((sample) => [sample.at / 3_600_000, sample[figure]]));
    const half = Math.floor(values.length / 2);
    const step = median(values.slice(half)) - median(values.slice(0, half));
    const { perHour: allowed, step: allowedStep } = bounds[figure];
    return {
      figure,
      first: values[0] ?? 0,
      last: values.at(-1) ?? 0,
      most: Math.max(...values),
      perHour,
      passed: perHour <= allowed || step <= allowedStep,
    };
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** One line for each figure, and the word at the end. */
export function report(verdicts: readonly Verdict[]): string {
  const number = (value: number) => (Math.round(value * 10) / 10).toString();
  const lines = verdicts.map(({ figure, first, last, most, perHour, passed }) =>
    [
      figure.padEnd(12),
      `first ${number(first)}`.padEnd(14),
      `last ${number(last)}`.padEnd(14),
      `most ${number(most)}`.padEnd(14),
      `slope ${number(perHour)} ${bounds[figure].unit}/h`.padEnd(24),
      `(at most ${bounds[figure].perHour}/h or a step of ${bounds[figure].step})`.padEnd(36),
      passed ? 'ok' : 'GROWS',
    ].join(' '),
  );
  return [...lines, verdicts.every(({ passed }) => passed) ? 'PASS' : 'FAIL'].join('\n');
}
