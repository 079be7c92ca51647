// Defines the families of /metrics/cadvisor: each is a name and a function of the figures of a cgroup. Pure.
import { labelText, type MetricFamily, type Sample } from '../metrics/exposition.ts';
import type { CgroupFigures } from './figures.ts';

/** One value; several, each with its own labels; or undefined when it is not known. */
type Values = number | bigint | undefined | readonly LabelledValue[];

/** A value with the labels that it has beside those of its cgroup. */
export type LabelledValue = readonly [labels: Readonly<Record<string, string>>, value: number | bigint];

/** A family without its series. */
export interface FigureFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  /** Whether its series carry the time at which they were read. */
  readonly isTimed: boolean;
  readonly values: (figures: CgroupFigures) => Values;
}

type Define = (name: string, help: string, values: FigureFamily['values']) => FigureFamily;

export const counter: Define = (name, help, values) => ({
  name,
  help,
  type: 'counter',
  isTimed: true,
  values,
});
export const gauge: Define = (name, help, values) => ({ name, help, type: 'gauge', isTimed: true, values });
/** What was set when the container was made: its series carry no time. */
export const fixed: Define = (name, help, values) => ({ name, help, type: 'gauge', isTimed: false, values });

/** The family with the series of all cgroups. */
export function filled(
  { name, help, type, isTimed, values }: FigureFamily,
  cgroups: readonly CgroupFigures[],
): MetricFamily {
  const samples = cgroups.flatMap((figures): Sample[] => {
    const found = values(figures);
    if (found === undefined) return [];
    const at = isTimed ? figures.at : undefined;
    if (typeof found !== 'object') return [{ labels: figures.labels, value: Number(found), at }];
    return found.map(([labels, value]) => ({
      labels: `${figures.labels},${labelText(labels)}`,
      value: Number(value),
      at,
    }));
  });
  return { name, help, type, samples };
}

/** Nanoseconds as seconds. */
export function seconds(nanoseconds: bigint | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e9;
}
