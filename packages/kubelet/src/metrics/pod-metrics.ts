// Counts what becomes of pods and containers.
import type { PodStatus } from '../api/pod.ts';
import { exponentialBuckets, type MetricsRegistry, type Reading } from './registry.ts';
import { secondsSince } from './runtime-metrics.ts';

/** Upper bounds for the time that a pod takes to start, in seconds. */
export const startBuckets = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700,
  3600,
];

/** What kind of container a label names. */
export type ContainerType = 'container' | 'init_container' | 'ephemeral_container';

/** Reasons of rejections that are labels of their own; others would be without number. */
const countedRejections: ReadonlySet<string> = new Set([
  'AppArmor',
  'PodOSSelectorNodeLabelDoesNotMatch',
  'PodOSNotSupported',
  'InvalidNodeInfo',
  'InitContainerRestartPolicyForbidden',
  'SupplementalGroupsPolicyNotSupported',
  'UnexpectedAdmissionError',
  'UnknownReason',
  'UnexpectedPredicateFailureType',
  'OutOfcpu',
  'OutOfmemory',
  'OutOfephemeral-storage',
  'OutOfpods',
  'PodLevelResourcesNotSupported',
  'PodFeatureUnsupported',
  "node(s) had taints that the pod didn't tolerate",
  'Evicted',
  'SysctlForbidden',
  'TopologyAffinityError',
  'NodeShutdown',
  'VolumeAttachmentLimitExceeded',
]);

/** The label of a rejection's reason. Pure. */
export function rejectionLabel(reason: string): string {
  if (countedRejections.has(reason)) return reason;
  return reason.startsWith('OutOf') ? 'OutOfExtendedResources' : 'Other';
}

/** Where a pod has its resources, and its class. */
export interface ResourcesLabels {
  config_mode: 'pod_and_container_level' | 'pod_level' | 'container_level' | '';
  qos_class: string;
}

/** The families about pods. */
export class PodMetrics {
  readonly #startedPods;
  readonly #startedPodsErrors;
  readonly #startedUserNamespacedPods;
  readonly #startedUserNamespacedPodsErrors;
  readonly #startedContainers;
  readonly #startedContainersErrors;
  readonly #terminatedContainers;
  readonly #rejections;
  readonly #preemptions;
  readonly #admissions;
  readonly #restartedPods;
  readonly #orphans;
  readonly #cleanedOrphans;
  readonly #containersPerPod;
  readonly #workerDurations;
  readonly #workerStarts;
  readonly #statusSyncs;
  readonly #podStarts;
  /** When each pod that does not run yet was first seen, by UID. */
  readonly #firstSeen = new Map<string, number>();

  constructor(registry: MetricsRegistry) {
    this.#startedPods = registry.counter('kubelet_started_pods_total', 'Starts of pods.');
    this.#startedPodsErrors = registry.counter(
      'kubelet_started_pods_errors_total',
      'Starts of pods that failed.',
    );
    this.#startedUserNamespacedPods = registry.counter(
      'kubelet_started_user_namespaced_pods_total',
      'Starts of pods with user namespaces.',
    );
    this.#startedUserNamespacedPodsErrors = registry.counter(
      'kubelet_started_user_namespaced_pods_errors_total',
      'Starts of pods with user namespaces that failed.',
    );
    this.#startedContainers = registry.counter('kubelet_started_containers_total', 'Starts of containers.', [
      'container_type',
    ]);
    this.#startedContainersErrors = registry.counter(
      'kubelet_started_containers_errors_total',
      'Starts of containers that failed.',
      ['container_type', 'code'],
    );
    this.#terminatedContainers = registry.counter(
      'kubelet_terminated_containers_total',
      'Ends of containers.',
      ['container_type', 'exit_code', 'reason'],
    );
    this.#rejections = registry.counter(
      'kubelet_admission_rejections_total',
      'Pods that were not admitted.',
      ['reason'],
    );
    this.#preemptions = registry.counter(
      'kubelet_preemptions',
      'Pods that had to end for a critical one, by the resource that it was short of.',
      ['preemption_signal'],
    );
    this.#admissions = registry.counter(
      'kubelet_pod_level_resources_admission_total',
      'Admitted pods by where they have their resources.',
      ['config_mode', 'qos_class'],
    );
    this.#restartedPods = registry.counter(
      'kubelet_restarted_pods_total',
      'Pods that were deleted and came again with the same UID.',
      ['static'],
    );
    for (const isStatic of ['', 'true']) this.#restartedPods.inc({ static: isStatic }, 0);
    this.#orphans = registry.counter(
      'kubelet_orphaned_runtime_pods_total',
      'Pods that were found in the runtime and that no source wants.',
    );
    this.#cleanedOrphans = registry.gauge(
      'kubelet_orphan_pod_cleaned_volumes',
      'Pods that no source wants whose volumes were removed.',
    );
    this.#containersPerPod = registry.histogram(
      'kubelet_containers_per_pod_count',
      'Containers of each pod.',
      [],
      exponentialBuckets(1, 2, 5),
    );
    this.#workerDurations = registry.histogram(
      'kubelet_pod_worker_duration_seconds',
      'How long a round of a pod took, in seconds.',
      ['operation_type'],
    );
    this.#workerStarts = registry.histogram(
      'kubelet_pod_worker_start_duration_seconds',
      'Time from seeing a pod to its first round, in seconds.',
    );
    this.#statusSyncs = registry.histogram(
      'kubelet_pod_status_sync_duration_seconds',
      'Time from a change of a pod until the API server has its status, in seconds.',
      [],
      [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60],
    );
    this.#podStarts = registry.histogram(
      'kubelet_pod_start_duration_seconds',
      'Time from seeing a pod until it runs, in seconds.',
      [],
      startBuckets,
    );
  }

  /** A sandbox was made, or could not be. */
  startedPod({ failed, hasUserNamespace }: { failed: boolean; hasUserNamespace: boolean }): void {
    this.#startedPods.inc();
    if (failed) this.#startedPodsErrors.inc();
    if (hasUserNamespace) this.#startedUserNamespacedPods.inc();
    if (hasUserNamespace && failed) this.#startedUserNamespacedPodsErrors.inc();
  }

  /** A container was started; `error`: the reason why it could not be. */
  startedContainer(type: ContainerType, error: string | undefined): void {
    this.#startedContainers.inc({ container_type: type });
    if (error !== undefined) this.#startedContainersErrors.inc({ container_type: type, code: error });
  }

  /** A pod was admitted. */
  admitted(labels: ResourcesLabels): void {
    this.#admissions.inc({ ...labels });
  }

  rejected(reason: string): void {
    this.#rejections.inc({ reason: rejectionLabel(reason) });
  }

  /** A pod had to end for a critical one, which was short of a resource. */
  preempted(resource: string): void {
    this.#preemptions.inc({ preemption_signal: resource });
  }

  /** A worker begins with a pod of `containers` containers. */
  workerAdded(containers: number): void {
    this.#containersPerPod.observe(containers);
  }

  /** A pod of the runtime that no source wants is ended. */
  orphanFound(): void {
    this.#orphans.inc();
  }

  /** Nothing is left of such a pod. */
  orphanRemoved(): void {
    this.#cleanedOrphans.inc();
  }

  /** A pod comes again with the UID of one that has just ended. */
  restarted(): void {
    this.#restartedPods.inc({ static: 'true' });
  }

  /** A new pod has its first round; it was seen at `seenAt`, in milliseconds since the epoch. */
  firstRound(seenAt: number): void {
    if (Number.isFinite(seenAt)) this.#workerStarts.observe(Math.max(0, Date.now() - seenAt) / 1000);
  }

  /** Runs one round of a pod, and tells how long it took. */
  async round<Result>(
    operation: 'create' | 'sync' | 'terminated',
    run: () => Promise<Result>,
  ): Promise<Result> {
    const began = performance.now();
    try {
      return await run();
    } finally {
      this.#workerDurations.observe({ operation_type: operation }, secondsSince(began));
    }
  }

  /** The API server has got a status, which was new `seconds` ago. */
  statusSynced(seconds: number): void {
    this.#statusSyncs.observe(seconds);
  }

  /** A pod has a new status. */
  statusChanged(uid: string, before: PodStatus | undefined, after: PodStatus): void {
    this.#countEnds('init_container', before?.initContainerStatuses, after.initContainerStatuses);
    this.#countEnds('container', before?.containerStatuses, after.containerStatuses);
    this.#countEnds(
      'ephemeral_container',
      before?.ephemeralContainerStatuses,
      after.ephemeralContainerStatuses,
    );
    if (after.phase === 'Pending') {
      if (!this.#firstSeen.has(uid)) this.#firstSeen.set(uid, performance.now());
      return;
    }
    const seen = this.#firstSeen.get(uid);
    this.#firstSeen.delete(uid);
    if (seen !== undefined && after.phase === 'Running') this.#podStarts.observe(secondsSince(seen));
  }

  /** A pod is gone. */
  forget(uid: string): void {
    this.#firstSeen.delete(uid);
  }

  #countEnds(
    type: ContainerType,
    before: PodStatus['containerStatuses'],
    after: PodStatus['containerStatuses'],
  ): void {
    for (const { name, state } of after ?? []) {
      const ended = state?.terminated;
      if (!ended || before?.find((each) => each.name === name)?.state?.terminated) continue;
      const labels = { exit_code: String(ended.exitCode), reason: ended.reason ?? '' };
      this.#terminatedContainers.inc({ container_type: type, ...labels });
    }
  }
}

/** Numbers of pods from manifests and of pods of an API server. */
export interface BySource {
  static: number;
  regular: number;
}

/** Numbers of pods that are read when they are asked for. */
export interface PodCounts {
  /** Pods that the sources want, and those of them that were admitted and have not finished. */
  readonly desired: BySource;
  readonly active: BySource;
  /** The API server's images of static pods. */
  readonly mirrors: number;
  /** Pods with a worker: wanted or not, whether they are static, and whether they are being ended. */
  readonly workers: readonly { isOrphan: boolean; isStatic: boolean; isTerminating: boolean }[];
  readonly runningPods: number;
  /** Containers in the runtime by their state. */
  readonly containers: ReadonlyMap<string, number>;
  readonly ephemeralContainers: number;
}

/** Registers the gauges of the numbers of pods. */
export function countPods(registry: MetricsRegistry, counts: () => PodCounts): void {
  const gauge = (
    name: string,
    help: string,
    labels: readonly string[],
    read: (counts: PodCounts) => Reading,
  ) => registry.readGauge(name, help, labels, () => read(counts()));
  gauge('kubelet_desired_pods', 'Pods that the sources want.', ['static'], ({ desired }) =>
    bySource(desired),
  );
  gauge('kubelet_active_pods', 'Pods that were admitted and have not finished.', ['static'], ({ active }) =>
    bySource(active),
  );
  gauge('kubelet_mirror_pods', 'Mirror pods of static pods.', [], ({ mirrors }) => mirrors);
  gauge('kubelet_running_pods', 'Pods with a sandbox that is ready.', [], ({ runningPods }) => runningPods);
  gauge(
    'kubelet_running_containers',
    'Containers in the runtime, by state.',
    ['container_state'],
    ({ containers }) =>
      [...containers].map(([state, value]) => ({ labels: { container_state: state }, value })),
  );
  gauge(
    'kubelet_managed_ephemeral_containers',
    'Ephemeral containers of pods.',
    [],
    ({ ephemeralContainers }) => ephemeralContainers,
  );
  gauge(
    'kubelet_working_pods',
    'Pods with a worker, by what it does and whether a source wants the pod.',
    ['lifecycle', 'config', 'static'],
    ({ workers }) => workingPods(workers),
  );
}

function bySource({ static: ofManifests, regular }: BySource): Reading {
  return [
    { labels: { static: '' }, value: regular },
    { labels: { static: 'true' }, value: ofManifests },
  ];
}

/** Every combination of labels that the real kubelet shows. */
function workingPods(workers: PodCounts['workers']): Reading {
  const combinations = [
    { config: 'desired', static: '' },
    { config: 'desired', static: 'true' },
    { config: 'orphan', static: '' },
    { config: 'orphan', static: 'true' },
    { config: 'runtime_only', static: 'unknown' },
  ];
  return ['sync', 'terminating', 'terminated'].flatMap((lifecycle) =>
    combinations.map((labels) => ({
      labels: { lifecycle, ...labels },
      value: workers.filter(({ isOrphan, isStatic, isTerminating }) => {
        const config = isOrphan ? 'runtime_only' : 'desired';
        const known = isStatic ? 'true' : '';
        return (
          labels.config === config &&
          labels.static === (isOrphan ? 'unknown' : known) &&
          lifecycle === (isTerminating ? 'terminating' : 'sync')
        );
      }).length,
    })),
  );
}
