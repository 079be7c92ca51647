// The newest result of each probe. The prober writes it; actions and statuses read it.

/** The kinds of probes. */
export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** The result of a probe after its thresholds; `unknown`: it has none yet. */
export type ProbeResult = 'success' | 'failure' | 'unknown';

/** Reads probe results. */
export interface ProbeResults {
  /** The result for the container with this id; undefined when it has no probe of the kind. */
  result(kind: ProbeKind, containerId: string): ProbeResult | undefined;
}
