// Reads the figures of the machine's, the kubelet's and the pods' cgroups for /metrics/cadvisor.
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { blockDevicePath } from '@berth/linux/files/block-device.ts';
import { type InterfaceCounters, netDevOf } from '@berth/linux/netlink/net-dev.ts';
import { openFilesLimit, openFilesOf } from '@berth/linux/processes/open-files.ts';
import type { RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import { labelText } from '../metrics/exposition.ts';
import type { CgroupReadings } from '../stats/cgroup-readings.ts';
import { Instant } from '../stats/instant.ts';
import { type MeasuredPod, type MeasuredPodsPorts, measuredPods } from '../stats/measured-pods.ts';
import { shownInterfaces } from '../stats/network-stats.ts';
import { podInterfaces } from '../stats/pod-interfaces.ts';
import type { CgroupFigures, FileSystemFigures, ProcessFigures } from './figures.ts';

/** Maximum number of descriptors that are looked at in one cgroup: a container may have a million. */
const maxDescriptors = 2000;

/** What the figures are read from. */
export interface FiguresPorts extends MeasuredPodsPorts {
  readonly readings: CgroupReadings;
  /** The kubelet's cgroups above those of pods: of all pods, and of each QoS class. */
  readonly ownCgroups: readonly string[];
}

/** Labels that series have in addition to the cgroup's path. */
interface Names {
  container?: string;
  image?: string;
  name?: string;
  namespace?: string;
  pod?: string;
}

/** Reads the figures of one request. */
export class FiguresReader {
  readonly #readings: CgroupReadings;
  readonly #cgroups: Cgroups;
  readonly #ports: FiguresPorts;
  readonly #devices = new Map<string, string>();

  constructor(ports: FiguresPorts) {
    this.#ports = ports;
    this.#readings = ports.readings;
    this.#cgroups = ports.readings.cgroups;
  }

  /** Of every cgroup; `fileSystems` are the machine's. */
  all(fileSystems: readonly FileSystemFigures[]): CgroupFigures[] {
    this.#readings.begin();
    const own = this.#ports.ownCgroups.flatMap((path) => this.#plain(path, {}));
    const pods = measuredPods(this.#ports, this.#cgroups).flatMap((pod) => this.#pod(pod));
    return [this.#root(fileSystems), ...own, ...pods];
  }

  #root(fileSystems: readonly FileSystemFigures[]): CgroupFigures {
    const { at, usage } = this.#readings.root();
    const madeAt = this.#readings.madeAt('/').ms / 1000;
    return {
      ...this.#base('/', {}),
      at: Number(at / 1_000_000n),
      createdAt: madeAt,
      startedAt: madeAt,
      usage,
      limits: {
        ...(this.#cgroups.limits('/') ?? { cpuShares: 0n, cpuPeriodMicroseconds: 0n }),
        ...(usage.memoryLimitBytes === undefined ? {} : { memoryBytes: usage.memoryLimitBytes }),
        swapBytes: usage.swapLimitBytes ?? 0n,
        reservedBytes: 0n,
      },
      processes: this.#processes(this.#cgroups.ownProcesses('/'), 1),
      interfaces: shownInterfaces(netDevOf(process.pid) ?? []),
      fileSystems,
    };
  }

  /** A cgroup that is no container; none when it does not exist. */
  #plain(path: string, names: Names): CgroupFigures[] {
    const madeAt = this.#readings.madeAt(path);
    const reading = this.#readings.read(path, madeAt);
    if (reading === undefined) return [];
    return [
      {
        ...this.#base(path, names),
        at: Number(reading.at / 1_000_000n),
        createdAt: madeAt.ms / 1000,
        startedAt: madeAt.ms / 1000,
        usage: reading.usage,
        processes: this.#processes(this.#cgroups.ownProcesses(path), undefined),
      },
    ];
  }

  #pod({ status, running, cgroup, cgroups }: MeasuredPod): CgroupFigures[] {
    const names = { namespace: status.namespace, pod: status.name };
    const [sandbox] = status.sandboxes;
    const paths = [sandbox, ...running].map((each) =>
      each === undefined ? undefined : cgroups.get(each.id),
    );
    const interfaces = shownInterfaces(podInterfaces(this.#cgroups, paths) ?? []);
    return [
      ...(cgroup === undefined ? [] : this.#plain(cgroup, names)),
      ...(sandbox?.ready !== true || cgroup === undefined
        ? []
        : [this.#sandbox(sandbox, cgroups.get(sandbox.id) ?? `${cgroup}/${sandbox.id}`, names, interfaces)]),
      ...running.flatMap((container) => this.#container(container, cgroups.get(container.id), names)),
    ];
  }

  /** A sandbox has the pod's network, and usage if it has a process. */
  #sandbox(
    { id, createdAt }: { id: string; createdAt: bigint },
    path: string,
    names: Names,
    interfaces: readonly InterfaceCounters[],
  ): CgroupFigures {
    const labels = { ...names, name: id };
    const madeAt = Number(createdAt) / 1e9;
    const reading = this.#readings.read(path, new Instant(createdAt));
    if (reading === undefined) {
      const nothing = { usage: undefined, details: undefined, limits: undefined, oomKills: 0 };
      return { ...this.#base(path, labels), ...nothing, createdAt: madeAt, startedAt: madeAt, interfaces };
    }
    return { ...this.#ofContainer(path, labels, reading), createdAt: madeAt, startedAt: madeAt, interfaces };
  }

  #container(container: RuntimeContainer, path: string | undefined, names: Names): CgroupFigures[] {
    const { id, name, image, createdAt, startedAt } = container;
    const reading = path === undefined ? undefined : this.#readings.read(path, new Instant(createdAt));
    if (path === undefined || reading === undefined) return [];
    return [
      {
        ...this.#ofContainer(path, { ...names, container: name, image, name: id }, reading),
        createdAt: Number(createdAt) / 1e9,
        startedAt: startedAt / 1000,
      },
    ];
  }

  #ofContainer(
    path: string,
    names: Names,
    { at, usage }: { at: bigint; usage: CgroupFigures['usage'] },
  ): CgroupFigures {
    const pids = this.#cgroups.processes(path);
    const first = pids.length === 0 ? undefined : pids.reduce((a, b) => Math.min(a, b));
    return {
      ...this.#base(path, names),
      at: Number(at / 1_000_000n),
      usage,
      oomKills: this.#cgroups.oomKillCount(path) ?? 0,
      processes: this.#processes(pids, first),
    };
  }

  #base(
    path: string,
    { container = '', image = '', name = '', namespace = '', pod = '' }: Names,
  ): CgroupFigures {
    return {
      labels: labelText({ container, id: path, image, name, namespace, pod }),
      at: Date.now(),
      createdAt: 0,
      startedAt: 0,
      usage: undefined,
      details: this.#cgroups.details(path),
      limits: this.#cgroups.limits(path),
      oomKills: 0,
      processes: undefined,
      interfaces: undefined,
      fileSystems: [],
      devicePath: ({ major, minor }) => this.#devicePath(major, minor),
    };
  }

  #processes(pids: readonly number[], first: number | undefined): ProcessFigures {
    return {
      count: pids.length,
      ...openFilesOf(pids, maxDescriptors),
      filesLimit: first === undefined ? undefined : openFilesLimit(first),
    };
  }

  #devicePath(major: number, minor: number): string {
    const number = `${major}:${minor}`;
    const path = this.#devices.get(number) ?? blockDevicePath(major, minor);
    this.#devices.set(number, path);
    return path;
  }
}
