// How long pods of an API server take to start, by the definition of Kubernetes' service level indicator: from the creation
// of a pod until a watch shows that all of its containers have started, without pulls of images and init containers.
// https://github.com/kubernetes/community/blob/master/sig-scalability/slos/pod_startup_latency.md
import type { PodStatus, Volume } from '../api/pod.ts';
import { isFinalPhase } from '../api/pod-phase.ts';
import type { ServedPod } from '../api/served-pod.ts';
import { startBuckets } from './pod-metrics.ts';
import type { MetricsRegistry } from './registry.ts';

/** From when to when something lasted, in milliseconds since the epoch. */
export interface Period {
  from: number;
  to: number;
}

/** How long at least one of the periods lasted, in milliseconds. Pure. */
export function coveredMs(periods: readonly Period[]): number {
  let covered = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of periods.toSorted((one, other) => one.from - other.from)) {
    covered += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return covered;
}

/** What the server has shown of a pod. */
interface Shown {
  served: ServedPod;
  /** Pulls of its images; undefined: its start is not measured, or was. */
  pulls: Period[] | undefined;
}

/** The families about starts of pods of an API server. The histograms have no series before the first start. */
export class PodStartMetrics {
  readonly #firstNetworkPod;
  readonly #histogram: (name: string, help: string) => ReturnType<MetricsRegistry['histogram']>;
  #total: ReturnType<MetricsRegistry['histogram']> | undefined;
  #indicator: ReturnType<MetricsRegistry['histogram']> | undefined;
  #hasNetworkPod = false;
  #pods: ReadonlyMap<string, Shown> = new Map();

  constructor(registry: MetricsRegistry) {
    this.#histogram = (name, help) => registry.histogram(name, help, [], startBuckets);
    this.#firstNetworkPod = registry.gauge(
      'kubelet_first_network_pod_start_sli_duration_seconds',
      'Time from the creation of the first pod with a network of its own until the API server showed that it had started, without pulls and init containers, in seconds.',
    );
  }

  /** A watch of the API server shows these pods, by UID, at `now` in milliseconds since the epoch. */
  served(pods: ReadonlyMap<string, ServedPod>, now = Date.now()): void {
    const former = this.#pods;
    this.#pods = new Map([...pods].map(([uid, served]) => [uid, this.#shown(served, former.get(uid), now)]));
  }

  /** An image is pulled for a pod until the result is disposed of. */
  pulling(uid: string): Disposable {
    const from = Date.now();
    return {
      [Symbol.dispose]: () => this.#pods.get(uid)?.pulls?.push({ from, to: Date.now() }),
    };
  }

  #shown(served: ServedPod, former: Shown | undefined, now: number): Shown {
    if (former?.served === served) return former;
    const { status } = served;
    // A pod that has a start time at first has started by an earlier kubelet.
    const pulls = former ? former.pulls : status.startTime === undefined ? [] : undefined;
    if (!pulls || isFinalPhase(status.phase) || isUnschedulable(status)) return { served, pulls: undefined };
    if (!haveStarted(status)) return { served, pulls };
    this.#started(served, pulls, now);
    return { served, pulls: undefined };
  }

  #started({ pod, status }: ServedPod, pulls: readonly Period[], now: number): void {
    const totalMs = now - Date.parse(String(pod.metadata.creationTimestamp));
    if (Number.isNaN(totalMs)) return;
    this.#total ??= this.#histogram(
      'kubelet_pod_start_total_duration_seconds',
      'Time from the creation of a pod until the API server showed that its containers had started, in seconds.',
    );
    this.#total.observe(totalMs / 1000);
    if (pod.spec.volumes?.some(isStateful)) return;
    this.#indicator ??= this.#histogram(
      'kubelet_pod_start_sli_duration_seconds',
      'Time from the creation of a pod without state until the API server showed that its containers had started, without pulls and init containers, in seconds.',
    );
    const seconds = (totalMs - coveredMs(pulls) - initMs(status)) / 1000;
    this.#indicator.observe(seconds);
    if (pod.spec.hostNetwork || this.#hasNetworkPod) return;
    this.#hasNetworkPod = true;
    this.#firstNetworkPod.set(seconds);
  }
}

function isUnschedulable({ conditions = [] }: PodStatus): boolean {
  return conditions.some(({ type, status }) => type === 'PodScheduled' && status === 'False');
}

function haveStarted({ containerStatuses = [] }: PodStatus): boolean {
  return containerStatuses.length > 0 && containerStatuses.every(({ state }) => state?.running?.startedAt);
}

/** What the init containers took that have ended, in milliseconds. */
function initMs({ initContainerStatuses = [] }: PodStatus): number {
  return initContainerStatuses.reduce((sum, { state }) => {
    const { startedAt, finishedAt } = state?.terminated ?? {};
    const ms = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
    return ms > 0 ? sum + ms : sum;
  }, 0);
}

/** Whether a volume has what other pods, or the next one, find again. */
function isStateful({ secret, configMap, downwardAPI, emptyDir, projected }: Volume): boolean {
  return !(secret || configMap || downwardAPI || emptyDir || projected);
}
