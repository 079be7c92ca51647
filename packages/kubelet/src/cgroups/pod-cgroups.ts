// The kubelet's part of the cgroup tree: kubepods, its QoS classes, and a cgroup for every pod.
import { existsSync, readdirSync } from 'node:fs';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { type CgroupDriver, cgroupfsDriver } from '@berth/linux/cgroups/driver.ts';
import { hugepageSizes } from '@berth/linux/cgroups/hugepages.ts';
import type { Pod } from '../api/pod.ts';
import type { Amounts } from '../api/pod-totals.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podCgroup, qosCgroup, uidOfCgroup } from './cgroup-names.ts';
import { pageBytes } from './cgroup-node.ts';
import type { PresentLimits } from './pod-resize.ts';
import {
  type CgroupLimits,
  memoryBytes,
  milliCpu,
  milliCpuToShares,
  podCpuRequest,
  podResources,
} from './pod-resources.ts';
import { type QosClass, qosClass } from './qos-class.ts';

const log = createLogger('pod-cgroups.ts');

/** More than any machine has. */
const unboundedBytes = 2n ** 62n;

const classes: readonly QosClass[] = ['Guaranteed', 'Burstable', 'BestEffort'];

/** Makes, limits and removes pods' cgroups. Without `cgroupsPerQos` pods live in `cgroupRoot` as they are. */
export class PodCgroups {
  readonly #cgroups: Cgroups;
  readonly #driver: CgroupDriver;
  readonly #options: KubeletOptions;
  /** Thousandths of a core by UID: what the burstable class as a whole is entitled to. */
  readonly #burstable = new Map<string, number>();

  constructor(cgroups: Cgroups, options: KubeletOptions, driver: CgroupDriver = cgroupfsDriver(cgroups)) {
    this.#cgroups = cgroups;
    this.#driver = driver;
    this.#options = options;
  }

  /** Makes the cgroups that pods' cgroups are made in. Limits all pods together to `limits`, amounts by resource. */
  async prepare(limits: Amounts): Promise<void> {
    if (!this.#options.cgroupsPerQos) return;
    for (const qos of classes) await this.#driver.create(this.#qosPath(qos));
    const hugepages = this.#node().hugepageSizes.map((pageSize) => ({ pageSize, limit: unboundedBytes }));
    await this.#driver.apply(this.#qosPath('BestEffort'), { cpuShares: 2, hugepages });
    await this.#driver.apply(this.#qosPath('Burstable'), { hugepages });
    await this.#limitAll(limits, hugepages);
    await this.#shareBurstable();
  }

  /** The cgroup_parent of the pod's sandbox; '' leaves the choice to the runtime. */
  parentOf(pod: Pod): string {
    const { cgroupRoot, cgroupDriver, cgroupsPerQos } = this.#options;
    if (!cgroupsPerQos) return cgroupRoot === '/' ? '' : cgroupRoot;
    return podCgroup(cgroupRoot, cgroupDriver, qosClass(pod), pod.metadata.uid);
  }

  /** Makes the pod's cgroup with its limits, unless it is there. */
  async ensure(pod: Pod): Promise<void> {
    if (!this.#options.cgroupsPerQos) return;
    const path = this.parentOf(pod);
    if (qosClass(pod) === 'Burstable' && !this.#burstable.has(pod.metadata.uid)) {
      this.#burstable.set(pod.metadata.uid, podCpuRequest(pod));
      await this.#shareBurstable();
    }
    if (this.#cgroups.exists(path)) return;
    const { podPidsLimit } = this.#options;
    const pids = podPidsLimit > 0 ? { pids: podPidsLimit } : {};
    await this.#driver.create(path, { ...podResources(pod, this.#options, this.#node()), ...pids });
  }

  /** The settings of the pod's cgroup, present and wanted, and its memory in bytes; undefined when it has no cgroup. */
  sizes(pod: Pod): { present: PresentLimits; wanted: CgroupLimits; usedBytes: bigint } | undefined {
    if (!this.#options.cgroupsPerQos) return undefined;
    const { limits, usage } = this.#cgroups.figures(this.parentOf(pod));
    if (!limits || !usage) return undefined;
    const { cpuShares, cpuQuotaMicroseconds: quota, memoryBytes: memoryLimit } = limits;
    return {
      present: {
        cpuShares: Number(cpuShares),
        cpuQuota: quota === undefined ? undefined : Number(quota),
        memoryLimit,
      },
      wanted: podResources(pod, this.#options, this.#node()),
      usedBytes: usage.memoryBytes,
    };
  }

  /** Changes settings of the pod's cgroup, and what burstable pods are entitled to together. */
  async resize(pod: Pod, settings: Partial<CgroupLimits>): Promise<void> {
    if (!this.#options.cgroupsPerQos) return;
    await this.#driver.apply(this.parentOf(pod), settings);
    if (settings.cpuShares === undefined || qosClass(pod) !== 'Burstable') return;
    this.#burstable.set(pod.metadata.uid, podCpuRequest(pod));
    await this.#shareBurstable();
  }

  /** Removes the cgroup of a pod that has ended, and kills what is left in it. */
  async remove(uid: string): Promise<void> {
    const { cgroupRoot, cgroupDriver, cgroupsPerQos } = this.#options;
    if (!cgroupsPerQos) return;
    if (this.#burstable.delete(uid)) await this.#shareBurstable();
    for (const qos of classes) {
      const path = podCgroup(cgroupRoot, cgroupDriver, qos, uid);
      if (this.#isAnywhere(path)) await this.#driver.remove(path, { kill: true });
    }
  }

  /** The cgroups above those of pods that this class makes; none without `cgroupsPerQos`. */
  ownCgroups(): string[] {
    return this.#options.cgroupsPerQos ? classes.map((qos) => this.#qosPath(qos)) : [];
  }

  /** The pod's own cgroup, whatever its class is; undefined when it has none. */
  find(uid: string): string | undefined {
    const { cgroupRoot, cgroupDriver, cgroupsPerQos } = this.#options;
    if (!cgroupsPerQos) return undefined;
    return classes
      .map((qos) => podCgroup(cgroupRoot, cgroupDriver, qos, uid))
      .find((path) => this.#cgroups.exists(path));
  }

  /** Whether no process is in the pod's cgroup. */
  isEmpty(uid: string): boolean {
    const { cgroupRoot, cgroupDriver } = this.#options;
    const paths = classes.map((qos) => podCgroup(cgroupRoot, cgroupDriver, qos, uid));
    return paths.every((path) => !this.#isAnywhere(path) || this.#cgroups.processes(path).length === 0);
  }

  /** UIDs of the pods that have a cgroup. */
  pods(): Set<string> {
    const { cgroupDriver, cgroupsPerQos } = this.#options;
    const uids = new Set<string>();
    if (!cgroupsPerQos) return uids;
    for (const controller of this.#cgroups.controllers) {
      for (const qos of classes) {
        const directory = this.#cgroups.directory(this.#qosPath(qos), controller);
        for (const name of directory === undefined ? [] : subdirectories(directory)) {
          const uid = uidOfCgroup(cgroupDriver, name);
          if (uid !== undefined) uids.add(uid);
        }
      }
    }
    return uids;
  }

  /** Whether any part of the cgroup exists: on cgroup v1 a kill can leave it in some of the hierarchies. */
  #isAnywhere(path: string): boolean {
    const directories = [...this.#cgroups.controllers].map((each) => this.#cgroups.directory(path, each));
    return directories.some((each) => each !== undefined && existsSync(each));
  }

  /**
   * The cgroup of all pods, whose guaranteed ones are directly in it. Huge pages are limited in those of pods only. A
   * failure is logged: pods use too much now.
   */
  async #limitAll(limits: Amounts, hugepages: NonNullable<CgroupLimits['hugepages']>): Promise<void> {
    const pids = Number((limits.get('pid') ?? 0n) / 1_000_000_000n);
    try {
      await this.#driver.apply(this.#qosPath('Guaranteed'), {
        cpuShares: milliCpuToShares(milliCpu(limits)),
        memoryLimit: memoryBytes(limits),
        ...(pids > 0 && { pids }),
        hugepages,
      });
    } catch (error) {
      log.error('Failed to update Node Allocatable Limits', { err: error });
    }
  }

  /** What settings of pods depend on. */
  #node(): { version: 'v1' | 'v2'; hugepageSizes: readonly string[]; pageBytes: number } {
    const { version, controllers } = this.#cgroups;
    return {
      version: version === 'v2' ? 'v2' : 'v1',
      hugepageSizes: controllers.has('hugetlb') ? hugepageSizes() : [],
      pageBytes,
    };
  }

  #qosPath(qos: QosClass): string {
    return qosCgroup(this.#options.cgroupRoot, this.#options.cgroupDriver, qos);
  }

  async #shareBurstable(): Promise<void> {
    const requests = [...this.#burstable.values()].reduce((sum, request) => sum + request, 0);
    try {
      await this.#driver.apply(this.#qosPath('Burstable'), { cpuShares: milliCpuToShares(requests) });
    } catch (error) {
      log.error('Failed to set the CPU shares of burstable pods', { err: error });
    }
  }
}

function subdirectories(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    // The controller does not reach down to this level, or nothing was made there yet.
    return [];
  }
}
