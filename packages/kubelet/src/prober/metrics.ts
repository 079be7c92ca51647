// Counts the outcomes of one probe, for /metrics/probes. They go with the probe.
import type { ProbeKind } from './results.ts';

/** Upper bounds of the buckets of durations, in seconds: those of Prometheus clients. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** The label `probe_type`. */
export const probeTypes: Record<ProbeKind, string> = {
  startup: 'Startup',
  readiness: 'Readiness',
  liveness: 'Liveness',
};

/** What is counted about one probe: `prober_probe_total` by result, and `prober_probe_duration_seconds`. */
export interface ProbeMetrics {
  labels: { probe_type: string; container: string; pod: string; namespace: string; pod_uid: string };
  /** Runs by the label `result`; a result that never came is not there. */
  total: ReadonlyMap<'successful' | 'failed', number>;
  /** Durations of successful runs; undefined before the first one. */
  duration: DurationHistogram | undefined;
}

/** A histogram; `buckets` counts, for each of durationBuckets, the durations up to it. */
export interface DurationHistogram {
  count: number;
  sumSeconds: number;
  buckets: readonly number[];
}

/** The counters of one probe. */
export class ProbeCounters {
  readonly #total = new Map<'successful' | 'failed', number>();
  readonly #buckets = durationBuckets.map(() => 0);
  #count = 0;
  #sumSeconds = 0;

  /** Counts a run. */
  add(result: 'success' | 'failure', seconds: number): void {
    const label = result === 'success' ? 'successful' : 'failed';
    this.#total.set(label, (this.#total.get(label) ?? 0) + 1);
    if (result === 'failure') return;
    this.#count += 1;
    this.#sumSeconds += seconds;
    durationBuckets.forEach((bound, index) => {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    });
  }

  /** The counts so far. */
  read(): Pick<ProbeMetrics, 'total' | 'duration'> {
    const duration =
      this.#count === 0
        ? undefined
        : { count: this.#count, sumSeconds: this.#sumSeconds, buckets: [...this.#buckets] };
    return { total: new Map(this.#total), duration };
  }
}
