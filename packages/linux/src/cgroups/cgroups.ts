// The interface of cgroups: CgroupV1 and CgroupV2 implement it, and detect.ts chooses one of them.
import type { CgroupDetails } from './details.ts';
import type { CgroupFigures } from './figures.ts';
import type { CgroupResources } from './resources.ts';
import type { CgroupUsage } from './usage.ts';

export interface RemoveOptions {
  /** Kill remaining processes instead of waiting for them to exit. */
  kill?: boolean;
  /** Timeout of the removal in milliseconds; default 2,000. */
  timeoutMs?: number;
}

/**
 * The machine's cgroups, the same for v1 and v2. A path is from the root of the hierarchies, e.g.
 * `/kubepods/burstable/pod1`; one with `..` or an empty part is refused.
 */
export interface Cgroups {
  /** `hybrid`: v1 with a v2 hierarchy beside it that tracks processes. */
  readonly version: 'v1' | 'hybrid' | 'v2';
  /** Controllers that `apply` can use. */
  readonly controllers: ReadonlySet<string>;
  /** Controllers of the v2 hierarchy; on a hybrid machine crun works only when there are none. */
  readonly unifiedControllers: ReadonlySet<string>;

  /** The directory of a cgroup in a controller's hierarchy, or `undefined` without that controller. */
  directory(path: string, controller: string): string | undefined;
  exists(path: string): boolean;
  /** Creates a cgroup and its missing parents, ready for processes and limits; an existing one is no error. */
  create(path: string): void;
  /**
   * Sets limits.
   *
   * @throws CgroupResourceError naming the field, or SyscallError naming the file
   */
  apply(path: string, resources: CgroupResources): void;
  /** Moves a process into a cgroup. */
  addProcess(path: string, pid: number): void;
  /**
   * Starts the RCU grace period that the kernel waits for before it moves a process, so that it overlaps with the
   * start of a program that will move one in 5 to 20 ms. Saves up to 13 ms. Dispose of the result after that move.
   */
  startRcuGracePeriod(): Disposable;
  /** The pids in a cgroup and its descendants; none when it does not exist. */
  processes(path: string): number[];
  /** Sends SIGKILL to every process in a cgroup and its descendants, frozen ones included. */
  killAll(path: string): void;
  /** Removes a cgroup and its descendants once they are empty; succeeds when there is none. */
  remove(path: string, options?: RemoveOptions): Promise<void>;
  /** Number of OOM kills; `undefined` when the cgroup does not exist. */
  oomKillCount(path: string): number | undefined;
  /** `undefined` when the cgroup does not exist. */
  usage(path: string): CgroupUsage | undefined;
  /** The figures that `usage` omits; reads about twice as many files. `undefined` when the cgroup does not exist. */
  details(path: string): CgroupDetails | undefined;
  /** Usage, details and limits together, which is cheaper than one after the other. */
  figures(path: string): CgroupFigures;
  /** The pids in a cgroup itself, without its descendants; none when it does not exist. */
  ownProcesses(path: string): number[];
  /**
   * The pids in a cgroup and its descendants, by one hierarchy: cheaper than `processes`, which also finds those that
   * are in some hierarchies only.
   */
  members(path: string): number[];
}
