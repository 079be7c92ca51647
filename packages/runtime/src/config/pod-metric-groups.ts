/** Groups of metrics that can be selected, by the names that CRI-O's included_pod_metrics has. */
export const metricGroups = [
  'cpu',
  'hugetlb',
  'memory',
  'network',
  'oom',
  'process',
  'spec',
  'disk',
  'diskIO',
  'pressure',
] as const;

export type MetricGroup = (typeof metricGroups)[number];

/** Every group for `all`. */
export function selectedGroups(selection: readonly (MetricGroup | 'all')[]): ReadonlySet<MetricGroup> {
  return new Set(selection.flatMap((each) => (each === 'all' ? metricGroups : [each])));
}
