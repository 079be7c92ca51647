// Collects what /stats/summary and /metrics/resource tell. Reads when it is asked, and never in between.
import { join } from 'node:path';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { ContainerStats as CriContainerStats } from '@berth/cri/generated/api.ts';
import type { CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import type { PodRuntimeStatus, RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podDir, podLogDir } from '../paths/pod-paths.ts';
import type { CgroupReadings } from './cgroup-readings.ts';
import { criSpace, criUsage, sumOfUsage } from './cri-usage.ts';
import { ephemeralStorage, type FileSystemAt, spaceOn, together, wholeFs } from './file-stats.ts';
import { fileAt, filesIn, type PodVolumes, VolumeUsage } from './file-usage.ts';
import { Instant } from './instant.ts';
import { type MeasuredPod, type MeasuredPodsPorts, measuredPods, type RuntimePod } from './measured-pods.ts';
import { networkStats } from './network-stats.ts';
import type { NodeFileSystems } from './node-file-systems.ts';
import {
  bootTime,
  fileSystemIfThere,
  fileSystemOf,
  nodeNetwork,
  ownCgroup,
  rlimits,
} from './node-readings.ts';
import { podInterfaces } from './pod-interfaces.ts';
import type { ContainerStats, NodeStats, PodStats, Summary, VolumeStats } from './stats-api.ts';
import { type UsageStats, usageStats } from './usage-stats.ts';

/** What the statistics are read from. */
export interface StatsPorts extends MeasuredPodsPorts {
  readonly readings: CgroupReadings;
  readonly runtime: Pick<RuntimeClient, 'listContainerStats'>;
  readonly fileSystems: Pick<NodeFileSystems, 'images'>;
  /** Path of the cgroup of all pods; undefined when there is none. */
  readonly podsCgroup: string | undefined;
  readonly options: Pick<KubeletOptions, 'nodeName' | 'rootDir' | 'podLogsDir'>;
  /** What is known of a pod's volumes that others measure. */
  storedVolumes(uid: string): readonly VolumeStats[];
}

/** Tells the usage of the node and its pods. */
export class StatsProvider {
  readonly #ports: StatsPorts;
  readonly #volumes: VolumeUsage;
  readonly #bootedAt = bootTime();
  readonly #startedAt = Instant.ofMs(Date.now() - process.uptime() * 1000);

  constructor(ports: StatsPorts) {
    this.#ports = ports;
    this.#volumes = new VolumeUsage(ports.options);
  }

  /** Everything. Throws when the runtime does not answer. */
  async summary(): Promise<Summary> {
    const { readings, runtime, fileSystems, options } = this.#ports;
    readings.begin();
    const pods = this.#pods();
    const [criStats, images, rootFs, volumes] = await Promise.all([
      criStatsById(runtime),
      fileSystems.images(),
      fileSystemOf(options.rootDir),
      this.#volumes.of(pods.map(({ pod }) => pod)),
    ]);
    const layerFs = await fileSystemsOf(criStats);
    const { cpu, memory, io, swap } = usageStats(readings.root());
    return {
      node: {
        nodeName: options.nodeName,
        systemContainers: this.#systemContainers(({ cpu, memory, io, swap }) => ({ cpu, memory, io, swap })),
        startTime: this.#bootedAt,
        cpu,
        memory,
        io,
        network: nodeNetwork(),
        fs: wholeFs(rootFs),
        runtime: { imageFs: images, containerFs: images },
        rlimit: rlimits(),
        swap,
      },
      pods: pods.map((pod, index) =>
        this.#wholePod(pod, { criStats, layerFs, rootFs, volumes: volumes[index] }),
      ),
    };
  }

  /** Processor time and memory, without a call of the runtime when the kubelet knows the cgroups of all containers. */
  async cpuAndMemory(): Promise<Summary> {
    const { readings, runtime, options } = this.#ports;
    readings.begin();
    const pods = this.#pods();
    const isKnown = pods.every(({ running, cgroups }) => running.every(({ id }) => cgroups.has(id)));
    const criStats = isKnown ? new Map<string, CriContainerStats>() : await criStatsById(runtime);
    const { cpu, memory, swap } = usageStats(readings.root());
    const node: NodeStats = {
      nodeName: options.nodeName,
      systemContainers: this.#systemContainers(({ cpu, memory, swap }) => ({ cpu, memory, swap })),
      startTime: this.#bootedAt,
      cpu,
      memory,
      swap,
    };
    return {
      node,
      pods: pods.map((pod) => {
        const containers = this.#containerUsage(pod, criStats);
        const usage = this.#podUsage(pod, [...containers.values()]);
        return {
          ...identity(pod),
          containers: pod.running.map((container) => {
            const { cpu, memory, swap } = containers.get(container.id) ?? {};
            return { ...named(container), cpu, memory, swap };
          }),
          cpu: usage?.cpu,
          memory: usage?.memory,
          swap: usage?.swap,
        };
      }),
    };
  }

  /** Pods with running containers: others use nothing. */
  #pods(): MeasuredPod[] {
    return measuredPods(this.#ports, this.#ports.readings.cgroups).filter(
      ({ running }) => running.length > 0,
    );
  }

  #wholePod(measured: MeasuredPod, { criStats, layerFs, rootFs, volumes }: PodContext): PodStats {
    const { readings, options, storedVolumes } = this.#ports;
    const { status, running, cgroups } = measured;
    const usages = this.#containerUsage(measured, criStats);
    const logs = podLogDir(options, status);
    const containers = running.map((container): ContainerStats => {
      const { cpu, memory, io, swap } = usages.get(container.id) ?? {};
      // The runtime's list may be older than the container, or newer than its end.
      const told = criStats.get(container.id);
      const layer = told?.writableLayer;
      const written = filesIn(join(logs, container.name));
      return {
        ...named(container),
        cpu,
        memory,
        io,
        rootfs: told && spaceOn(layerFs.get(layer?.fsId?.mountpoint ?? ''), layer && criSpace(layer)),
        logs: written && spaceOn(rootFs, together(rootFs.time, [written])),
        swap,
      };
    });
    const usage = this.#podUsage(measured, [...usages.values()]);
    const interfaces = podInterfaces(readings.cgroups, [
      ...status.sandboxes.map(({ id }) => cgroups.get(id)),
      ...running.map(({ id }) => cgroups.get(id)),
    ]);
    const processes = running.flatMap(({ id }) => {
      const path = cgroups.get(id);
      return path === undefined ? [] : readings.cgroups.members(path);
    });
    const hosts = fileAt(join(podDir(options, status.uid), 'etc-hosts'));
    const shown = [...(volumes?.volumes ?? []), ...storedVolumes(status.uid)];
    return {
      ...identity(measured),
      containers,
      cpu: usage?.cpu,
      memory: usage?.memory,
      io: usage?.io,
      network: interfaces && networkStats(Instant.ofMs(Date.now()), interfaces),
      volume: shown.length > 0 ? shown : undefined,
      'ephemeral-storage': ephemeralStorage(rootFs, containers, [
        ...(volumes?.ephemeral ?? []),
        filesIn(logs),
        hosts,
      ]),
      process_stats: processes.length > 0 ? { process_count: processes.length } : undefined,
      swap: usage?.swap,
    };
  }

  #containerUsage(
    { running, cgroups }: MeasuredPod,
    criStats: ReadonlyMap<string, CriContainerStats>,
  ): Map<string, UsageStats> {
    const { readings } = this.#ports;
    return new Map(
      running.map(({ id, createdAt }) => {
        const path = cgroups.get(id);
        const reading = path === undefined ? undefined : readings.read(path, new Instant(createdAt));
        const usage = reading
          ? usageStats(reading)
          : criUsage(criStats.get(id) ?? {}, Instant.ofMs(Date.now()));
        return [id, usage] as const;
      }),
    );
  }

  #podUsage({ cgroup, status }: MeasuredPod, containers: readonly UsageStats[]): UsageStats | undefined {
    const { readings } = this.#ports;
    const reading = cgroup === undefined ? undefined : readings.read(cgroup, sandboxMadeAt(status));
    return reading ? usageStats(reading) : sumOfUsage(containers);
  }

  /** The kubelet itself and all pods together. */
  #systemContainers(pick: (usage: UsageStats) => Partial<UsageStats>): ContainerStats[] | undefined {
    const { readings, podsCgroup } = this.#ports;
    const own = ownCgroup();
    const wanted = [
      ...(own === undefined ? [] : [{ name: 'kubelet', path: own, startTime: this.#startedAt }]),
      ...(podsCgroup === undefined
        ? []
        : [{ name: 'pods', path: podsCgroup, startTime: readings.madeAt(podsCgroup) }]),
    ];
    const found = wanted.flatMap(({ name, path, startTime }) => {
      const isRoot = path === '/';
      const reading: CgroupReading | undefined = isRoot
        ? readings.root()
        : readings.read(path, readings.madeAt(path));
      return reading === undefined ? [] : [{ name, startTime, ...pick(usageStats(reading)) }];
    });
    return found.length > 0 ? found : undefined;
  }
}

interface PodContext {
  criStats: ReadonlyMap<string, CriContainerStats>;
  /** File systems of writable layers by the runtime's name. */
  layerFs: ReadonlyMap<string, FileSystemAt | undefined>;
  rootFs: FileSystemAt;
  volumes: PodVolumes | undefined;
}

async function criStatsById(runtime: StatsPorts['runtime']): Promise<Map<string, CriContainerStats>> {
  const { stats } = await runtime.listContainerStats({});
  return new Map(stats.map((each) => [each.attributes?.id ?? '', each]));
}

async function fileSystemsOf(
  criStats: ReadonlyMap<string, CriContainerStats>,
): Promise<Map<string, FileSystemAt | undefined>> {
  const names = new Set(
    [...criStats.values()].map(({ writableLayer }) => writableLayer?.fsId?.mountpoint ?? ''),
  );
  return new Map(
    await Promise.all([...names].map(async (name) => [name, await fileSystemIfThere(name)] as const)),
  );
}

function identity({ status }: RuntimePod): Pick<PodStats, 'podRef' | 'startTime'> {
  const { name, namespace, uid } = status;
  return { podRef: { name, namespace, uid }, startTime: sandboxMadeAt(status) };
}

function sandboxMadeAt({ sandboxes: [sandbox] }: PodRuntimeStatus): Instant {
  return new Instant(sandbox?.createdAt ?? 0n);
}

function named({ name, createdAt }: RuntimeContainer): Pick<ContainerStats, 'name' | 'startTime'> {
  return { name, startTime: new Instant(createdAt) };
}
