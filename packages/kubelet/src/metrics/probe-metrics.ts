// /metrics/probes: how often and how long the probes of containers ran.
import { processStartTime } from '@berth/linux/processes/process-figures.ts';
import { MetricsRegistry } from './registry.ts';

/** A probe of a container. */
export interface ProbeIdentity {
  readonly type: 'Liveness' | 'Readiness' | 'Startup';
  readonly container: string;
  readonly pod: string;
  readonly namespace: string;
  readonly podUid: string;
}

/** The results that are counted. */
export const probeResults = ['successful', 'failed', 'unknown'] as const;
export type CountedResult = (typeof probeResults)[number];

/** Counts probes. */
export class ProbeMetrics {
  readonly registry = new MetricsRegistry();
  readonly #results = this.registry.counter('prober_probe_total', 'Probes of containers, by their result.', [
    'probe_type',
    'result',
    'container',
    'pod',
    'namespace',
    'pod_uid',
  ]);
  readonly #durations = this.registry.histogram(
    'prober_probe_duration_seconds',
    'How long probes that did not fail took, in seconds.',
    ['probe_type', 'container', 'pod', 'namespace'],
  );

  constructor() {
    this.registry.figure(processStartTime);
  }

  /** Counts a probe that took `seconds`. The duration of a failed one is not told, as in the real kubelet. */
  probed(probe: ProbeIdentity, result: CountedResult, seconds: number): void {
    this.#results.inc(resultLabels(probe, result));
    if (result !== 'failed') this.#durations.observe(durationLabels(probe), seconds);
  }

  /** Drops the series of a probe whose container is gone for good. */
  forget(probe: ProbeIdentity): void {
    for (const result of probeResults) this.#results.remove(resultLabels(probe, result));
    this.#durations.remove(durationLabels(probe));
  }
}

function durationLabels({ type, container, pod, namespace }: ProbeIdentity) {
  return { probe_type: type, container, pod, namespace };
}

function resultLabels(probe: ProbeIdentity, result: CountedResult) {
  return { ...durationLabels(probe), result, pod_uid: probe.podUid };
}
