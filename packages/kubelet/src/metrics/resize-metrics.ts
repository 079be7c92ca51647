// Counts resizes of pods: what was asked for, what waits, and how long it takes.
import { findContainer, workloadContainers } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import { limitsOf, requestsOf } from '../api/pod-totals.ts';
import type { MetricsRegistry } from './registry.ts';

/** Why resizes are judged again. */
export type ResizeTrigger = 'pods_added' | 'pods_removed' | 'pod_updated' | 'pod_terminated';

/** What has become of a resize that waited for room. */
export type DeferredResolution = 'accepted' | 'reverted' | 'terminated';

const durationBuckets = [
  10, 50, 100, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
];
const deferredBuckets = [5, 10, 15, 20, 30, 45, 60, 90, 120, 150, 180, 300, 600, 1200, 1800, 3600];

/** The families about resizes. */
export class ResizeMetrics {
  readonly #requested;
  readonly #durations;
  readonly #infeasible;
  readonly #accepted;
  readonly #deferred;

  constructor(registry: MetricsRegistry) {
    this.#requested = registry.counter(
      'kubelet_container_requested_resizes_total',
      'Changes of the resources of containers that manifests ask for.',
      ['resource', 'requirement', 'operation'],
    );
    this.#durations = registry.histogram(
      'kubelet_pod_resize_duration_milliseconds',
      'How long it took to give the cgroups of a pod their new sizes, in milliseconds.',
      ['success'],
      durationBuckets,
    );
    this.#infeasible = registry.counter(
      'kubelet_pod_infeasible_resizes_total',
      'Resizes that are never admitted.',
      ['reason_detail'],
    );
    this.#accepted = registry.counter(
      'kubelet_pod_deferred_accepted_resizes_total',
      'Resizes that were admitted after they had to wait.',
      ['retry_trigger'],
    );
    this.#deferred = registry.histogram(
      'kubelet_pod_deferred_resize_duration_seconds',
      'How long resizes had to wait for room, in seconds.',
      ['resolution', 'priority_bucket'],
      deferredBuckets,
    );
  }

  /** A manifest asks for other resources. */
  requested(before: Pod, after: Pod): void {
    for (const labels of requestedResizes(before, after)) this.#requested.inc({ ...labels });
  }

  /** A resize is never admitted. */
  infeasible(detail: string): void {
    this.#infeasible.inc({ reason_detail: detail });
  }

  /** A resize that waited was admitted. */
  accepted(trigger: ResizeTrigger): void {
    this.#accepted.inc({ retry_trigger: trigger });
  }

  /** A resize waits no longer; the pod may be gone. */
  deferredEnded(pod: Pod | undefined, resolution: DeferredResolution, seconds: number): void {
    this.#deferred.observe({ resolution, priority_bucket: priorityBucket(pod) }, seconds);
  }

  /** The cgroups of a pod were given sizes, or could not be. */
  actuated(success: boolean, milliseconds: number): void {
    this.#durations.observe({ success: String(success) }, milliseconds);
  }
}

/** Numbers of resizes that are read when they are asked for. */
export interface ResizeCounts {
  /** Resizes that are not admitted. */
  readonly pending: readonly { pod: Pod | undefined; reason: string }[];
  /** Pods that are being resized. */
  readonly inProgress: number;
}

/** Registers the gauges of resizes that wait and that are under way. */
export function countResizes(registry: MetricsRegistry, counts: () => ResizeCounts): void {
  registry.readGauge(
    'kubelet_pod_pending_resizes',
    'Resizes that are not admitted.',
    ['reason', 'priority_bucket'],
    () => {
      const byLabels = Map.groupBy(
        counts().pending,
        ({ pod, reason }) => `${reason.toLowerCase()} ${priorityBucket(pod)}`,
      );
      return [...byLabels].map(([key, { length }]) => {
        const [reason = '', bucket = ''] = key.split(' ');
        return { labels: { reason, priority_bucket: bucket }, value: length };
      });
    },
  );
  registry.readGauge(
    'kubelet_pod_in_progress_resizes',
    'Resizes of pods that are under way.',
    [],
    () => counts().inProgress,
  );
}

/** The changes of CPU and memory of the pod's containers. Pure. */
export function requestedResizes(
  before: Pod,
  after: Pod,
): { resource: string; requirement: string; operation: string }[] {
  return workloadContainers<Container>(before.spec).flatMap(({ container: old }) => {
    const next = findContainer<Container>({ ...after.spec, ephemeralContainers: [] }, old.name);
    if (!next) return [];
    return ['memory', 'cpu'].flatMap((resource) =>
      (['requests', 'limits'] as const).flatMap((requirement) => {
        const amount = (container: Container): bigint =>
          (requirement === 'requests' ? requestsOf(container) : limitsOf(container)).get(resource) ?? 0n;
        const operation = operationOf(amount(old), amount(next));
        return operation === undefined ? [] : [{ resource, requirement, operation }];
      }),
    );
  });
}

function operationOf(before: bigint, after: bigint): string | undefined {
  if (before === after) return undefined;
  if (after === 0n) return 'remove';
  if (before === 0n) return 'add';
  return after < before ? 'decrease' : 'increase';
}

/** The label of a pod's priority. Pure. */
export function priorityBucket(pod: Pod | undefined): string {
  if (!pod) return 'unknown';
  const { priority = 0 } = pod.spec;
  if (priority === 0) return 'normal';
  if (priority >= 2_000_000_000) return 'system-critical';
  if (priority >= 100_000) return 'high';
  if (priority > 0) return 'medium';
  return priority > -1000 ? 'low' : 'very-low';
}
