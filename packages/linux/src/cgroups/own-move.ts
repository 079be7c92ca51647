import { writeFile } from 'node:fs/promises';
import { membership } from './membership.ts';

/**
 * Moves this process to the cgroup that it is in. That changes nothing, but the kernel moves a process only after a
 * grace period of RCU, 6 to 13 ms, in which it waits for the forks and exits under way, unless it has moved another
 * in the 15 ms before.
 */
export class OwnMove {
  readonly #root: string;
  readonly #controller: string;
  #expected = 0;

  /** Any one hierarchy will do: its root, and its name as in /proc/PID/cgroup. */
  constructor(root: string, controller: string) {
    this.#root = root;
    this.#controller = controller;
  }

  /**
   * Starts the move in a thread, unless others that are expected already, and not disposed of, come before. Fails
   * silently: somebody's process then waits a little longer.
   */
  expect(): Disposable {
    if (this.#expected === 0) this.#start();
    this.#expected++;
    return {
      [Symbol.dispose]: () => {
        this.#expected--;
      },
    };
  }

  #start(): void {
    const path = membership(process.pid)?.get(this.#controller);
    if (path === undefined) return;
    writeFile(`${this.#root}${path}/cgroup.procs`, String(process.pid), { flag: 'r+' }).catch(() => {});
  }
}
