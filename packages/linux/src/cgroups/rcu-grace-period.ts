import { writeFile } from 'node:fs/promises';
import { membership } from './membership.ts';

/**
 * Starts the RCU grace period that the kernel waits for before it moves a process between cgroups: 6 to 13 ms, in
 * which forks and exits under way come to an end, unless another process was moved in the 15 ms before. Moving this
 * process to the cgroup that it is in starts one and changes nothing else.
 */
export class RcuGracePeriod {
  readonly #root: string;
  readonly #controller: string;
  #expected = 0;

  /** Any one hierarchy will do: its root, and its name as in /proc/PID/cgroup. */
  constructor(root: string, controller: string) {
    this.#root = root;
    this.#controller = controller;
  }

  /**
   * Starts one in a thread, unless the move of an earlier call, whose result is not disposed of yet, will. Fails
   * silently: the process that is moved then waits a little longer.
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
