import type { StopContainerRequest, StopContainerResponse } from '@berth/cri/generated/api.ts';
import { signalProcess } from '@berth/linux/process.ts';
import { maxTimerMs } from '../clock.ts';
import type { Context } from '../context.ts';
import { messageOf, RuntimeError } from '../errors.ts';
import type { ContainerId } from '../ids.ts';
import { type Container, processesOf } from '../state/container.ts';
import { killContainer } from './teardown.ts';

/** How long the kernel may take to end a killed process that waits for a disk. */
const killTimeoutMs = 60_000;

/** The stops under way, one for each container however many callers ask. */
export class Stops {
  readonly #underWay = new Map<ContainerId, Stop>();

  /**
   * Asks a container to end and kills it after `graceMs`. When it is being stopped already, the earlier
   * of the two ends counts. Resolves when the exit is recorded.
   */
  stop(context: Context, container: Container, graceMs: number): Promise<void> {
    const { id } = container;
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) {
      underWay.killWithin(graceMs);
      return underWay.done;
    }
    const stop = new Stop(context, container, graceMs);
    this.#underWay.set(id, stop);
    return stop.done.finally(() => this.#underWay.delete(id));
  }
}

class Stop {
  readonly done: Promise<void>;
  readonly #context: Context;
  readonly #container: Container;
  readonly #failed = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;
  #killAt = Number.POSITIVE_INFINITY;

  constructor(context: Context, container: Container, graceMs: number) {
    this.#context = context;
    this.#container = container;
    this.done = Promise.race([context.exits.ended(container.id), this.#failed.promise]).finally(() =>
      clearTimeout(this.#timer),
    );
    // The init of a container that was not started ignores every signal but the last.
    const grace = container.state.phase === 'running' ? graceMs : 0;
    const processes = processesOf(container);
    if (grace > 0 && processes !== undefined) signalProcess(processes.init, container.stopSignal);
    this.killWithin(grace);
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
    killContainer(this.#context, this.#container).catch((error) => this.#failed.reject(error));
    this.#timer = setTimeout(() => {
      const message = `container ${id} is still there ${killTimeoutMs / 1000} s after SIGKILL: a process of it hangs in the kernel`;
      this.#failed.reject(new RuntimeError('DEADLINE_EXCEEDED', message));
    }, killTimeoutMs);
  }
}

/** StopContainer: idempotent, fine for a container that is gone. */
export async function stopContainer(
  context: Context,
  { containerId, timeout }: StopContainerRequest,
): Promise<StopContainerResponse> {
  const container = context.state.containers.find(containerId);
  if (container === undefined || processesOf(container) === undefined) return {};
  context.log.info('Stopping container', { container: container.id, timeout });
  try {
    await context.stops.stop(context, container, Number(timeout) * 1000);
  } catch (error) {
    throw new RuntimeError('UNKNOWN', `failed to stop container ${container.id}: ${messageOf(error)}`);
  }
  context.log.info('Stopped container', { container: container.id });
  return {};
}
