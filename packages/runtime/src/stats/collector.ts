// Collects the usage of containers and sandboxes for the stats RPCs and pod metrics.

import type { ContainerStats, PodSandboxStats } from '@berth/cri/generated/api.ts';
import { CgroupReader, type CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CachedDiskUsage, MeasuredUsage } from '@berth/linux/files/cached-disk-usage.ts';
import type { NamespaceWorker } from '@berth/linux/namespaces/namespaces.ts';
import { type InterfaceCounters, readNetDev } from '@berth/linux/netlink/net-dev.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import { type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { nowNs } from '../time/clock.ts';
import { sumReadings } from './sum.ts';
import {
  cpuUsage,
  filesystemUsage,
  ioUsage,
  memoryUsage,
  networkUsage,
  swapUsage,
} from './usage-messages.ts';

/** What StatsCollector uses. */
export interface StatsServices {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly namespaces: NamespaceWorker;
  readonly cgroups: Cgroups;
  readonly cgroupNaming: CgroupNaming;
}

/** Collects stats and the input of metrics, and keeps samples for the next request. */
export class StatsCollector {
  readonly #services: StatsServices;
  readonly #layers: CachedDiskUsage;
  readonly #cgroups: CgroupReader;

  constructor(services: StatsServices, layers: CachedDiskUsage) {
    this.#services = services;
    this.#layers = layers;
    this.#cgroups = new CgroupReader(services.cgroups, nowNs);
  }

  /** Begins a request, in which each cgroup is read at most once. */
  begin(): this {
    this.#cgroups.begin();
    return this;
  }

  /** Stats of containers. Those of an exited one have only its writable layer, as in containerd. */
  async containers(containers: readonly Container[]): Promise<ContainerStats[]> {
    const { config } = this.#services;
    const layers = await this.layers(containers);
    return containers.map((container) => {
      const reading = this.reading(container);
      const layer = layers.get(container.id);
      return {
        attributes: {
          id: container.id,
          metadata: container.config.metadata,
          labels: container.config.labels,
          annotations: container.config.annotations,
        },
        cpu: reading && cpuUsage(reading),
        memory: reading && memoryUsage(reading),
        writableLayer: layer && filesystemUsage(config.current.root, layer),
        swap: reading && swapUsage(reading),
        io: reading && ioUsage(reading),
      };
    });
  }

  /** Stats of sandboxes, which have to be ready. */
  async sandboxes(sandboxes: readonly Sandbox[]): Promise<PodSandboxStats[]> {
    const { state } = this.#services;
    const members = sandboxes.map(({ id }) => state.containers.ofSandbox(id).filter(isShown));
    // Collect in one call, so that all layers are measured together.
    const stats = new Map(
      (await this.containers(members.flat())).map((each) => [each.attributes?.id ?? '', each]),
    );
    const shared = sharedCgroups([...state.sandboxes.all()].map((sandbox) => this.#podCgroup(sandbox)));
    return Promise.all(
      sandboxes.map(async (sandbox, index) => {
        const containers = (members[index] ?? []).flatMap(({ id }) => stats.get(id) ?? []);
        const reading = this.#podReading(sandbox, members[index] ?? [], shared);
        const interfaces = await this.interfaces(sandbox);
        const at = nowNs();
        return {
          attributes: {
            id: sandbox.id,
            metadata: sandbox.config.metadata,
            labels: sandbox.config.labels,
            annotations: sandbox.config.annotations,
          },
          linux: {
            cpu: reading && cpuUsage(reading),
            memory: reading && memoryUsage(reading),
            network: networkUsage(at, interfaces),
            process: reading && {
              timestamp: reading.at,
              processCount: { value: BigInt(reading.usage.pids ?? 0) },
            },
            containers,
            io: reading && ioUsage(reading),
          },
          windows: undefined,
        };
      }),
    );
  }

  /** Sizes of the writable layers that have been measured, by the containers' ids. */
  async layers(containers: readonly Container[]): Promise<Map<string, MeasuredUsage>> {
    const { paths } = this.#services;
    const measured = await this.#layers.of(containers.map(({ id }) => paths.container(id).upper));
    return new Map(
      containers.flatMap(({ id }, index) => {
        const usage = measured[index];
        return usage === undefined ? [] : [[id, usage] as const];
      }),
    );
  }

  /** Usage of a container's cgroup; undefined once it has exited. */
  reading(container: Container): CgroupReading | undefined {
    return processesOf(container) === undefined ? undefined : this.#cgroups.read(container.cgroup);
  }

  /** The interfaces of a pod's own network, including loopback; empty for a pod in the host's network. */
  async interfaces(sandbox: Sandbox): Promise<InterfaceCounters[]> {
    const { state, paths, namespaces, log } = this.#services;
    if (sandbox.state.phase !== 'ready' || sandboxNamespaces(sandbox.config).hostNetwork) return [];
    const { netns } = paths.sandbox(sandbox.id);
    const processes = [sandbox.state.init, ...state.containers.ofSandbox(sandbox.id).map(processesOf)];
    for (const process of processes) {
      const found = process && readNetDev(process.init.pid, netns);
      if (found !== undefined) return found;
    }
    try {
      const links = await namespaces.inNetworkNamespace(netns, { kind: 'links' });
      return links.flatMap(({ name, statistics }) => (statistics ? { name, ...statistics } : []));
    } catch (error) {
      // The pod may have been stopped since; that must not fail the stats of other pods.
      if (state.sandboxes.get(sandbox.id)?.state.phase === 'ready') {
        log.warning(`Reading a pod's interfaces failed: ${messageWithCauses(error)}`, {
          sandbox: sandbox.id,
        });
      }
      return [];
    }
  }

  /** Usage of the pod's own cgroup, which a kubelet creates; without one, the sum of its containers' usage. */
  #podReading(
    sandbox: Sandbox,
    containers: readonly Container[],
    shared: ReadonlySet<string>,
  ): CgroupReading | undefined {
    const { config, cgroupNaming } = this.#services;
    const cgroup = this.#podCgroup(sandbox);
    const isOwn = cgroup !== cgroupNaming.podCgroup(config.current.cgroupParent) && !shared.has(cgroup);
    if (isOwn) return this.#cgroups.read(cgroup);
    const init = this.#cgroups.read(cgroupNaming.containerCgroup(sandbox.cgroupParent, sandbox.id));
    return sumReadings([init, ...containers.map((container) => this.reading(container))]);
  }

  #podCgroup({ cgroupParent }: Sandbox): string {
    return this.#services.cgroupNaming.podCgroup(cgroupParent);
  }
}

/** Whether RPCs show a container, which they do not while it is being created. */
export function isShown({ state }: Container): boolean {
  return state.phase !== 'creating';
}

/** The cgroups that more than one sandbox uses. */
function sharedCgroups(paths: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(
    paths.filter((path) => {
      const isShared = seen.has(path);
      seen.add(path);
      return isShared;
    }),
  );
}
