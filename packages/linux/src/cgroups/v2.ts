import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import type { Cgroups, RemoveOptions } from './cgroups.ts';
import { type CgroupDetails, v2Details } from './details.ts';
import { type CgroupFigures, v2Figures } from './figures.ts';
import { hugepageSizes } from './hugepages.ts';
import { keyedNumbers } from './keyed-file.ts';
import { RcuGracePeriod } from './rcu-grace-period.ts';
import type { CgroupResources } from './resources.ts';
import {
  directoryBelow,
  isDirectory,
  killEach,
  lineage,
  makeDirectory,
  pidsIn,
  processesBelow,
  readControl,
  removeTrees,
  writeControl,
  writeControls,
} from './tree.ts';
import { type CgroupUsage, v2Usage } from './usage.ts';
import { toV2Files } from './v2-files.ts';

/** The controllers to enable for pods, as far as the kernel has them. */
const wantedControllers = ['cpu', 'cpuset', 'memory', 'io', 'pids', 'hugetlb'];

/** cgroup v2: one hierarchy, in which each parent enables the controllers of its children. */
export class CgroupV2 implements Cgroups {
  readonly version = 'v2';
  readonly controllers: ReadonlySet<string>;
  readonly unifiedControllers: ReadonlySet<string>;
  readonly #root: string;
  readonly #rcuGracePeriod: RcuGracePeriod;

  /** @param root where the hierarchy is mounted */
  constructor(root: string) {
    this.#root = root;
    this.controllers = new Set(words(readControl(root, 'cgroup.controllers')));
    this.unifiedControllers = this.controllers;
    this.#rcuGracePeriod = new RcuGracePeriod(root, '');
  }

  directory(path: string): string {
    return directoryBelow(this.#root, path);
  }

  exists(path: string): boolean {
    return isDirectory(this.directory(path));
  }

  create(path: string): void {
    let parent = this.#root;
    for (const directory of lineage(this.#root, path)) {
      handOnControllers(parent);
      makeDirectory(directory);
      parent = directory;
    }
  }

  apply(path: string, resources: CgroupResources): void {
    const directory = this.directory(path);
    writeControls(toV2Files(resources), () => directory);
  }

  addProcess(path: string, pid: number): void {
    writeControl(this.directory(path), 'cgroup.procs', String(pid));
  }

  startRcuGracePeriod(): Disposable {
    return this.#rcuGracePeriod.start();
  }

  processes(path: string): number[] {
    return processesBelow([this.directory(path)]);
  }

  killAll(path: string): void {
    const directory = this.directory(path);
    // cgroup.kill (Linux 5.14) kills the whole subtree atomically, concurrent forks included.
    if (existsSync(join(directory, 'cgroup.kill'))) {
      try {
        writeControl(directory, 'cgroup.kill', '1');
      } catch (error) {
        // systemd removes a scope with its last process; nothing is left to kill.
        if (!hasCode(error, 'ENOENT', 'ENODEV')) throw error;
      }
    } else {
      killEach(this.processes(path));
    }
  }

  async remove(path: string, options?: RemoveOptions): Promise<void> {
    await removeTrees(path, [this.directory(path)], () => this.killAll(path), options);
  }

  oomKillCount(path: string): number | undefined {
    const directory = this.directory(path);
    if (!isDirectory(directory)) return undefined;
    return Number(keyedNumbers(readControl(directory, 'memory.events')).get('oom_kill') ?? 0n);
  }

  usage(path: string): CgroupUsage | undefined {
    const directory = this.directory(path);
    return v2Usage((_controller, file) => readControl(directory, file));
  }

  details(path: string): CgroupDetails | undefined {
    const directory = this.directory(path);
    return v2Details((_controller, file) => readControl(directory, file), hugepageSizes());
  }

  figures(path: string): CgroupFigures {
    const directory = this.directory(path);
    return v2Figures((_controller, file) => readControl(directory, file));
  }

  ownProcesses(path: string): number[] {
    return pidsIn(this.directory(path));
  }

  members(path: string): number[] {
    return this.processes(path);
  }
}

/** Enables every wanted controller of a cgroup for its children. */
function handOnControllers(directory: string): void {
  const enabled = words(readControl(directory, 'cgroup.subtree_control'));
  const missing = words(readControl(directory, 'cgroup.controllers')).filter(
    (controller) => wantedControllers.includes(controller) && !enabled.includes(controller),
  );
  for (const controller of missing) {
    try {
      writeControl(directory, 'cgroup.subtree_control', `+${controller}`);
    } catch (error) {
      // Ignore a controller that cannot be enabled (EBUSY: the parent has processes; EINVAL: real-time tasks forbid
      // cpu): only limits that need it fail, and their errors name the file.
      if (!hasCode(error, 'EBUSY', 'EINVAL', 'ENOENT', 'EOPNOTSUPP')) throw error;
    }
  }
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
