// Starts the RCU grace period early, so that moving a process into a cgroup does not wait for it.
import { writeFile } from 'node:fs/promises';
import { membership } from './membership.ts';

/**
 * Starts the RCU grace period that the kernel waits for before it moves a process between cgroups. A grace period takes
 * 6 to 13 ms, until forks and exits in progress have ended; the kernel skips it within 15 ms after another move. Moving
 * this process into its current cgroup starts one and has no other effect.
 */
export class RcuGracePeriod {
  readonly #root: string;
  readonly #controller: string;
  #expected = 0;

  /** Root and name (as in /proc/PID/cgroup) of any hierarchy. */
  constructor(root: string, controller: string) {
    this.#root = root;
    this.#controller = controller;
  }

  /**
   * Starts a grace period on another thread, unless the result of an earlier call is not yet disposed of. Ignores
   * failures: the later move only waits longer.
   */
  start(): Disposable {
    if (this.#expected === 0) this.#moveToOwnCgroup();
    this.#expected++;
    return {
      [Symbol.dispose]: () => {
        this.#expected--;
      },
    };
  }

  #moveToOwnCgroup(): void {
    const path = membership(process.pid)?.get(this.#controller);
    if (path === undefined) return;
    writeFile(`${this.#root}${path}/cgroup.procs`, String(process.pid), { flag: 'r+' }).catch(() => {});
  }
}
