import { writeFile } from 'node:fs/promises';
import { membership } from './membership.ts';

/**
 * Starts the RCU grace period that the kernel waits for before it moves a process between cgroups. It takes 6 to 13 ms,
 * until forks and exits in progress have ended, and is skipped within 15 ms after another move. Moving this process
 * into the cgroup that it is in already starts one without another effect.
 */
export class RcuGracePeriod {
  readonly #root: string;
  readonly #controller: string;
  #expected = 0;

  /** Root and name (as in /proc/PID/cgroup) of one hierarchy; any will do. */
  constructor(root: string, controller: string) {
    this.#root = root;
    this.#controller = controller;
  }

  /**
   * Starts a grace period on another thread, unless one of an earlier call is still in use (not disposed). Ignores
   * failures: the later move then only waits longer.
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
