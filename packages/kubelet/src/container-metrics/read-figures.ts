// Reads the figures of the machine's, the kubelet's and the pods' cgroups for /metrics/cadvisor.
import { setImmediate } from 'node:timers/promises';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { blockDevicePath } from '@berth/linux/files/block-device.ts';
import { netDevOf } from '@berth/linux/netlink/net-dev.ts';
import { openFilesLimit, openFilesOf } from '@berth/linux/processes/open-files.ts';
import type { RuntimeContainer } from '../kubecontainer/runtime-status.ts';
import { labelText } from '../metrics/exposition.ts';
import type { CgroupReadings } from '../stats/cgroup-readings.ts';
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
  async all(fileSystems: readonly FileSystemFigures[]): Promise<CgroupFigures[]> {
    this.#readings.begin();
    const own = this.#ports.ownCgroups.flatMap((path) => this.#plain(path, {}));
    const figures = [this.#root(fileSystems), ...own];
    for (const pod of measuredPods(this.#ports, this.#cgroups)) {
      figures.push(...this.#pod(pod));
      // The files of a hundred pods take a tenth of a second: let others go on in between.
      await setImmediate();
    }
    return figures;
  }

  #root(fileSystems: readonly FileSystemFigures[]): CgroupFigures {
    const { usage } = this.#readings.root();
    const root = this.#read('/', {});
    const madeAt = this.#readings.madeAt('/').ms / 1000;
    return {
      ...root,
      createdAt: madeAt,
      startedAt: madeAt,
      usage,
      limits: {
        ...(root.limits ?? { cpuShares: 0n, cpuPeriodMicroseconds: 0n }),
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
    const figures = this.#read(path, names);
    if (figures.usage === undefined) return [];
    const madeAt = this.#readings.madeAt(path).ms / 1000;
    const processes = this.#processes(this.#cgroups.ownProcesses(path), undefined);
    return [{ ...figures, createdAt: madeAt, startedAt: madeAt, processes }];
  }

  #pod({ status, running, cgroup, cgroups }: MeasuredPod): CgroupFigures[] {
    if (cgroup === undefined) return [];
    const names = { namespace: status.namespace, pod: status.name };
    const [sandbox] = status.sandboxes;
    const sandboxes =
      sandbox?.ready === true ? [this.#sandbox(sandbox, cgroup, cgroups.get(sandbox.id), names)] : [];
    const containers = running.flatMap((each) => this.#container(each, cgroups.get(each.id), names));
    const paths = [sandbox, ...running].map((each) => each && cgroups.get(each.id));
    const interfaces = shownInterfaces(podInterfaces(this.#cgroups, paths) ?? []);
    return [
      ...this.#plain(cgroup, names),
      ...sandboxes.map((each) => ({ ...each, interfaces })),
      ...containers,
    ];
  }

  /** A sandbox has usage if it has a process. */
  #sandbox(
    { id, createdAt }: { id: string; createdAt: bigint },
    podCgroup: string,
    path: string | undefined,
    names: Names,
  ): CgroupFigures {
    const madeAt = { createdAt: Number(createdAt) / 1e9, startedAt: Number(createdAt) / 1e9 };
    const labels = { ...names, name: id };
    if (path !== undefined) return { ...this.#ofProcesses(path, labels), ...madeAt };
    return { ...this.#empty(`${podCgroup}/${id}`, labels), ...madeAt };
  }

  #container(container: RuntimeContainer, path: string | undefined, names: Names): CgroupFigures[] {
    const { id, name, image, createdAt, startedAt } = container;
    if (path === undefined) return [];
    const figures = this.#ofProcesses(path, { ...names, container: name, image, name: id });
    return [{ ...figures, createdAt: Number(createdAt) / 1e9, startedAt: startedAt / 1000 }];
  }

  #ofProcesses(path: string, names: Names): CgroupFigures {
    const pids = this.#cgroups.members(path);
    const first = pids.length === 0 ? undefined : pids.reduce((a, b) => Math.min(a, b));
    return {
      ...this.#read(path, names),
      oomKills: this.#cgroups.oomKillCount(path) ?? 0,
      processes: this.#processes(pids, first),
    };
  }

  #read(path: string, names: Names): CgroupFigures {
    return { ...this.#empty(path, names), ...this.#cgroups.figures(path) };
  }

  #empty(
    path: string,
    { container = '', image = '', name = '', namespace = '', pod = '' }: Names,
  ): CgroupFigures {
    return {
      labels: labelText({ container, id: path, image, name, namespace, pod }),
      at: Date.now(),
      createdAt: 0,
      startedAt: 0,
      usage: undefined,
      details: undefined,
      limits: undefined,
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
