import type { CgroupDetails } from './details.ts';
import type { CgroupResources } from './resources.ts';
import type { CgroupUsage } from './usage.ts';

export interface RemoveOptions {
  /** Kill what is still running in it, instead of waiting for its end. */
  kill?: boolean;
  /** After this time (2,000 by default) the removal fails. */
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
  /** Makes a cgroup and missing parents ready for processes and limits. One that exists is no error. */
  create(path: string): void;
  /**
   * Sets limits.
   *
   * @throws CgroupResourceError naming the field, or SyscallError naming the file
   */
  apply(path: string, resources: CgroupResources): void;
  /** Moves a process into the cgroup. */
  addProcess(path: string, pid: number): void;
  /**
   * Starts the RCU grace period that the kernel waits for before it moves a process, so that it overlaps with the
   * start of a program that will move one in 5 to 20 ms. Saves up to 13 ms. Dispose of the result after that move.
   */
  startRcuGracePeriod(): Disposable;
  /** Pids in the cgroup and all below; none when it does not exist. */
  processes(path: string): number[];
  /** Sends SIGKILL to everything in the cgroup and below, frozen processes included. */
  killAll(path: string): void;
  /** Removes the cgroup and all below it once they are empty; one that does not exist is no error. */
  remove(path: string, options?: RemoveOptions): Promise<void>;
  /** How many processes the kernel killed for want of memory; `undefined` when the cgroup does not exist. */
  oomKillCount(path: string): number | undefined;
  /** `undefined` when the cgroup does not exist. */
  usage(path: string): CgroupUsage | undefined;
  /** What `usage` leaves out; reads about twice as many files. `undefined` when the cgroup does not exist. */
  details(path: string): CgroupDetails | undefined;
}
