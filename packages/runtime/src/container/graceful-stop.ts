import { maxTimerMs } from '@berth/common/max-timer.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { signalProcess } from '@berth/linux/processes/process.ts';
import { dropsSignal } from '@berth/linux/processes/signal-handling.ts';
import type { Exits } from '../exits/exits.ts';
import { RuntimeError } from '../rpc/errors.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { ContainerId } from '../state/ids.ts';
import type { ProcessRef } from '../state/process-ref.ts';
import { killContainer } from '../teardown/kill.ts';

/** What stopping a container uses. */
interface Machinery {
  readonly cgroups: Cgroups;
  readonly exits: Exits;
}

/** Timeout after SIGKILL. A process in disk wait ends only after its I/O. */
const killTimeoutMs = 60_000;

/** The stops in progress: one per container, shared by all callers. */
export class Stops {
  readonly #underWay = new Map<ContainerId, Stop>();
  readonly #machinery: Machinery;

  constructor(machinery: Machinery) {
    this.#machinery = machinery;
  }

  /**
   * Sends the stop signal (SIGTERM unless configured) and SIGKILL after `graceMs`. A second call can only shorten
   * the grace period. Resolves when the exit is recorded, and rejects when it cannot be, as on a full disk.
   */
  stop(container: Container, graceMs: number): Promise<void> {
    const { id } = container;
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) {
      underWay.killWithin(graceMs);
      return underWay.done;
    }
    const stop = new Stop(this.#machinery, container, graceMs);
    this.#underWay.set(id, stop);
    return stop.done.finally(() => this.#underWay.delete(id));
  }
}

class Stop {
  readonly done: Promise<void>;
  readonly #machinery: Machinery;
  readonly #container: Container;
  readonly #failed = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;
  #askAgain: NodeJS.Timeout | undefined;
  #killAt = Number.POSITIVE_INFINITY;

  constructor(machinery: Machinery, container: Container, graceMs: number) {
    this.#machinery = machinery;
    this.#container = container;
    this.done = Promise.race([machinery.exits.ended(container.id), this.#failed.promise]).finally(() => {
      clearTimeout(this.#timer);
      clearTimeout(this.#askAgain);
    });
    // The init of a container that was not started ignores every signal but SIGKILL.
    const grace = container.state.phase === 'running' ? graceMs : 0;
    const processes = processesOf(container);
    if (grace > 0 && processes !== undefined) this.#ask(processes.init, container.stopSignal);
    this.killWithin(grace);
  }

  /**
   * Sends the stop signal. The kernel drops it for an init that has no handler yet, as just after its start. It is
   * sent again once there is a handler, so that the stop need not last the whole grace period. No event announces a
   * handler, so this polls at intervals that double.
   */
  #ask(init: ProcessRef, signal: number, againMs = 10): void {
    // Checked before and after: an exec in between resets handlers.
    const wasDropping = dropsSignal(init.pid, signal);
    signalProcess(init, signal);
    if (!wasDropping && !dropsSignal(init.pid, signal)) return;
    this.#askAgain = setTimeout(() => {
      try {
        this.#ask(init, signal, againMs * 2);
      } catch (error) {
        this.#failed.reject(error);
      }
    }, againMs);
  }

  killWithin(graceMs: number): void {
    const killAt = performance.now() + graceMs;
    if (killAt >= this.#killAt) return;
    this.#killAt = killAt;
    clearTimeout(this.#timer);
    if (graceMs <= 0) this.#kill();
    else this.#timer = setTimeout(() => this.#kill(), Math.min(graceMs, maxTimerMs));
  }

  #kill(): void {
    const { id } = this.#container;
    killContainer(this.#machinery, this.#container).catch((error) => this.#failed.reject(error));
    this.#timer = setTimeout(() => {
      const message = `container ${id} is still there ${killTimeoutMs / 1000} s after SIGKILL: a process of it hangs in the kernel`;
      this.#failed.reject(new RuntimeError('DEADLINE_EXCEEDED', message));
    }, killTimeoutMs);
  }
}
