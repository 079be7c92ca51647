import type { Cgroups, RemoveOptions } from './cgroups.ts';
import { type CgroupDetails, v1Details } from './details.ts';
import { type CgroupFigures, v1Figures } from './figures.ts';
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
  subtree,
  writeControl,
  writeControls,
} from './tree.ts';
import { type CgroupUsage, type ReadFile, v1Usage } from './usage.ts';
import { toV1Files } from './v1-files.ts';

/** The mount points of the hierarchies. */
export interface V1Mounts {
  /** Mount points by controller; several controllers may share one. */
  controllers: ReadonlyMap<string, string>;
  /** Named hierarchies without controllers, e.g. systemd's, into which runtimes put processes too. */
  others: readonly string[];
  /** The v2 hierarchy of a hybrid machine and the controllers it carries. */
  unified?: { root: string; controllers: ReadonlySet<string> };
}

/** cgroup v1: a hierarchy for each controller, in all of which a cgroup has the same path. */
export class CgroupV1 implements Cgroups {
  readonly version: 'v1' | 'hybrid';
  readonly controllers: ReadonlySet<string>;
  readonly unifiedControllers: ReadonlySet<string>;
  readonly #mounts: V1Mounts;
  /** Mount points of controllers, each once. */
  readonly #roots: readonly string[];
  readonly #allRoots: readonly string[];
  readonly #rcuGracePeriod: RcuGracePeriod;

  constructor(mounts: V1Mounts) {
    const { controllers, others, unified } = mounts;
    this.#mounts = mounts;
    this.version = unified === undefined ? 'v1' : 'hybrid';
    this.controllers = new Set(controllers.keys());
    this.unifiedControllers = unified?.controllers ?? new Set();
    this.#roots = [...new Set(controllers.values())];
    this.#allRoots = [...this.#roots, ...others, ...(unified === undefined ? [] : [unified.root])];
    const [[controller, root] = ['', '']] = controllers;
    this.#rcuGracePeriod = new RcuGracePeriod(root, controller);
  }

  directory(path: string, controller: string): string | undefined {
    const root = this.#mounts.controllers.get(controller);
    return root === undefined ? undefined : directoryBelow(root, path);
  }

  exists(path: string): boolean {
    return this.#roots.every((root) => isDirectory(directoryBelow(root, path)));
  }

  create(path: string): void {
    const cpuset = this.#mounts.controllers.get('cpuset');
    for (const root of this.#roots) {
      let parent = root;
      for (const directory of lineage(root, path)) {
        makeDirectory(directory);
        if (root === cpuset) inheritCpuset(parent, directory);
        parent = directory;
      }
    }
  }

  apply(path: string, resources: CgroupResources): void {
    writeControls(toV1Files(resources), ({ controller, file }) => {
      const directory = this.directory(path, controller);
      if (directory === undefined) {
        throw new Error(`cgroup ${path}: ${file} cannot be set: the ${controller} controller is not mounted`);
      }
      return directory;
    });
  }

  addProcess(path: string, pid: number): void {
    for (const root of this.#roots) writeControl(directoryBelow(root, path), 'cgroup.procs', String(pid));
  }

  startRcuGracePeriod(): Disposable {
    return this.#rcuGracePeriod.start();
  }

  processes(path: string): number[] {
    return processesBelow(this.#directories(path));
  }

  killAll(path: string): void {
    killEach(this.processes(path));
    // A frozen process handles SIGKILL only after it is thawed.
    const freezer = this.directory(path, 'freezer');
    for (const directory of freezer === undefined ? [] : subtree(freezer)) {
      const state = readControl(directory, 'freezer.state');
      if (state !== undefined && state !== 'THAWED') writeControl(directory, 'freezer.state', 'THAWED');
    }
  }

  async remove(path: string, options?: RemoveOptions): Promise<void> {
    await removeTrees(path, this.#directories(path), () => this.killAll(path), options);
  }

  oomKillCount(path: string): number | undefined {
    const directory = this.directory(path, 'memory');
    if (directory === undefined || !isDirectory(directory)) return undefined;
    // Unlike on v2, the counter does not include descendants.
    return subtree(directory)
      .map((each) => Number(keyedNumbers(readControl(each, 'memory.oom_control')).get('oom_kill') ?? 0n))
      .reduce((sum, count) => sum + count, 0);
  }

  usage(path: string): CgroupUsage | undefined {
    return v1Usage(this.#reader(path));
  }

  details(path: string): CgroupDetails | undefined {
    return v1Details(this.#reader(path), hugepageSizes());
  }

  figures(path: string): CgroupFigures {
    return v1Figures(this.#reader(path));
  }

  ownProcesses(path: string): number[] {
    return pidsIn(this.#mainDirectory(path));
  }

  members(path: string): number[] {
    return processesBelow([this.#mainDirectory(path)]);
  }

  /** In a hierarchy in which runtimes put every process. */
  #mainDirectory(path: string): string {
    return directoryBelow(this.#mounts.controllers.get('cpu') ?? this.#allRoots[0] ?? '', path);
  }

  #reader(path: string): ReadFile {
    const below = directoryBelow('', path);
    return (controller, file) => {
      const root = this.#mounts.controllers.get(controller);
      return root === undefined ? undefined : readControl(root + below, file);
    };
  }

  #directories(path: string): string[] {
    return this.#allRoots.map((root) => directoryBelow(root, path));
  }
}

/** Copies CPUs and memory nodes from the parent: a new cpuset is empty, and no process can join an empty one. */
function inheritCpuset(parent: string, directory: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readControl(directory, file) !== '') continue;
    const inherited = readControl(parent, file);
    if (inherited) writeControl(directory, file, inherited);
  }
}
