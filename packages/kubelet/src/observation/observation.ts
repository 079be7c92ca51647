// What others may learn of a running kubelet: its metrics and statistics.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { Pod, Volume } from '../api/pod.ts';
import { isFromApi } from '../api/pod-source-of.ts';
import { ContainerMetrics } from '../container-metrics/container-metrics.ts';
import { HealthMetrics } from '../metrics/health-metrics.ts';
import { KubeletMetrics } from '../metrics/kubelet-metrics.ts';
import { type BySource, countPods, type PodCounts } from '../metrics/pod-metrics.ts';
import type { CountedProbe } from '../metrics/probe-families.ts';
import { countResizes, type ResizeCounts } from '../metrics/resize-metrics.ts';
import { countVolumes } from '../metrics/volume-metrics.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { CgroupReadings } from '../stats/cgroup-readings.ts';
import type { RuntimePod } from '../stats/measured-pods.ts';
import type { NodeFileSystems } from '../stats/node-file-systems.ts';
import { bootTime } from '../stats/node-readings.ts';
import type { Summary, VolumeStats } from '../stats/stats-api.ts';
import { StatsProvider } from '../stats/stats-provider.ts';
import { type Endpoint, metricsEndpoints } from './endpoints.ts';
import { tellLogSizes } from './log-sizes.ts';
import { tellPullRecords } from './pull-records.ts';

/** The parts of a kubelet that are observed. */
export interface ObservedKubelet {
  readonly cgroups: Cgroups;
  readonly podCgroups: { find(uid: string): string | undefined; ownCgroups(): string[] };
  readonly runtime: Pick<RuntimeClient, 'listContainerStats'>;
  readonly fileSystems: NodeFileSystems;
  readonly options: Pick<KubeletOptions, 'nodeName' | 'rootDir' | 'podLogsDir'>;
  /** Pods with a worker. */
  runtimePods(): readonly (RuntimePod & { isTerminating: boolean })[];
  /** Pods that the sources want, and those of them that were admitted and have not finished. */
  desiredPods(): readonly Pod[];
  /** The number of mirror pods on the API server. */
  mirrorPods(): number;
  activePods(): readonly Pod[];
  /** The counts of every probe. */
  probes(): readonly CountedProbe[];
  resizes(): ResizeCounts;
  /** What is known of a pod's volumes that are persistent or of CSI drivers. */
  storedVolumes(uid: string): readonly VolumeStats[];
}

/** The metrics of one kubelet, and the endpoints that tell them. */
export class Observation {
  readonly kubelet: KubeletMetrics;
  readonly health = new HealthMetrics();
  #probes: () => readonly CountedProbe[] = () => [];
  #stats: StatsProvider | undefined;
  #containers: ContainerMetrics | undefined;

  constructor(nodeName: string) {
    this.kubelet = new KubeletMetrics(nodeName, {
      bootedAt: bootTime().ms,
      startedAt: Date.now() - process.uptime() * 1000,
    });
  }

  /** The endpoints by path. */
  endpoints(): Readonly<Record<string, Endpoint>> {
    return metricsEndpoints({
      kubelet: this.kubelet.registry,
      probes: () => this.#probes(),
      health: this.health.registry,
      stats: () => this.#stats,
      containers: () => this.#containers,
    });
  }

  /** The statistics of the node and its pods. Throws before the runtime has answered. */
  summary(): Promise<Summary> {
    if (!this.#stats) throw new Error('the container runtime has not answered yet');
    return this.#stats.summary();
  }

  /** Begins to tell of pods and cgroups. Call it once, when the runtime has answered. */
  begin(observed: ObservedKubelet): void {
    const { cgroups, podCgroups, runtime, fileSystems, options, runtimePods } = observed;
    const readings = new CgroupReadings(cgroups, bootTime());
    const ownCgroups = podCgroups.ownCgroups();
    const pods = { runtimePods, podCgroup: (uid: string) => podCgroups.find(uid) };
    this.#stats = new StatsProvider({
      ...pods,
      readings,
      runtime,
      fileSystems,
      podsCgroup: ownCgroups[0],
      options,
      storedVolumes: (uid) => observed.storedVolumes(uid),
    });
    this.#containers = new ContainerMetrics({ ...pods, readings, ownCgroups }, options.rootDir);
    this.#probes = () => observed.probes();
    const { registry } = this.kubelet;
    this.kubelet.setCgroupVersion(cgroups.version === 'v2' ? 2 : 1);
    countPods(registry, () => podCounts(observed));
    countResizes(registry, () => observed.resizes());
    countVolumes(registry, () => ({
      desired: observed.activePods().flatMap(volumeKinds),
      actual: runtimePods().flatMap(({ pod, status }) =>
        pod && status.sandboxes.length > 0 ? volumeKinds(pod) : [],
      ),
    }));
    tellLogSizes(registry, runtimePods, options);
    tellPullRecords(registry, options.rootDir);
  }
}

function podCounts({ runtimePods, desiredPods, activePods, mirrorPods }: ObservedKubelet): PodCounts {
  const pods = runtimePods();
  const active = activePods();
  const containers = new Map<string, number>();
  for (const { state } of pods.flatMap(({ status }) => status.containers)) {
    containers.set(state, (containers.get(state) ?? 0) + 1);
  }
  return {
    desired: bySource(desiredPods()),
    active: bySource(active),
    mirrors: mirrorPods(),
    workers: pods.map(({ pod, isTerminating }) => ({
      isOrphan: pod === undefined,
      isStatic: pod !== undefined && !isFromApi(pod),
      isTerminating,
    })),
    runningPods: pods.filter(({ status }) => status.sandboxes.some(({ ready }) => ready)).length,
    containers,
    ephemeralContainers: active.reduce((sum, { spec }) => sum + (spec.ephemeralContainers?.length ?? 0), 0),
  };
}

function bySource(pods: readonly Pod[]): BySource {
  const regular = pods.filter(isFromApi).length;
  return { static: pods.length - regular, regular };
}

/** The field of each volume that says what kind it is. */
function volumeKinds({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap((volume: Volume) => {
    const kind = Object.keys(volume).find((field) => field !== 'name');
    return kind === undefined ? [] : [kind];
  });
}
