// /metrics/probes: how often and how long the probes of containers ran. Pure.
import { labelText, type MetricFamily, type Sample } from './exposition.ts';
import { defaultBuckets } from './registry.ts';

/** The counts of one probe. */
export interface CountedProbe {
  readonly labels: {
    readonly probe_type: string;
    readonly container: string;
    readonly pod: string;
    readonly namespace: string;
    readonly pod_uid: string;
  };
  /** Runs by result, e.g. `successful`. */
  readonly total: ReadonlyMap<string, number>;
  /** Durations of runs that succeeded: for each of defaultBuckets how many were at most as long. */
  readonly duration:
    | { readonly count: number; readonly sumSeconds: number; readonly buckets: readonly number[] }
    | undefined;
}

/** The families of all probes. */
export function probeFamilies(probes: readonly CountedProbe[]): MetricFamily[] {
  return [
    {
      name: 'prober_probe_total',
      help: 'Probes of containers, by their result.',
      type: 'counter',
      samples: probes.flatMap(({ labels, total }) =>
        [...total].map(([result, value]) => ({ labels: sorted({ ...labels, result }), value })),
      ),
    },
    {
      name: 'prober_probe_duration_seconds',
      help: 'How long probes that succeeded took, in seconds.',
      type: 'histogram',
      samples: probes.flatMap(durationSamples),
    },
  ];
}

function durationSamples({ labels: { pod_uid: _, ...labels }, duration }: CountedProbe): Sample[] {
  if (duration === undefined) return [];
  const { count, sumSeconds, buckets } = duration;
  const text = sorted(labels);
  return [
    ...defaultBuckets.map((bound, index) => ({
      suffix: '_bucket',
      labels: `${text},le="${bound}"`,
      value: buckets[index] ?? 0,
    })),
    { suffix: '_bucket', labels: `${text},le="+Inf"`, value: count },
    { suffix: '_sum', labels: text, value: sumSeconds },
    { suffix: '_count', labels: text, value: count },
  ];
}

function sorted(labels: Readonly<Record<string, string>>): string {
  return labelText(Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
