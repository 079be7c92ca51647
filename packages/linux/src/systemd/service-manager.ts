// Notifies systemd: readiness, reload, stop and watchdog keep-alives. The entry points of berthd and kubelet use it.

import { sdNotify } from './sd-notify.ts';

/** The environment in which systemd starts a service: sd_notify(3) and sd_watchdog_enabled(3). */
export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/**
 * Milliseconds between keep-alives for systemd's watchdog: half of its timeout. undefined when it watches another
 * process or none.
 */
export function watchdogInterval(
  { WATCHDOG_USEC, WATCHDOG_PID }: ServiceEnvironment,
  pid: number,
): number | undefined {
  const micros = Number(WATCHDOG_USEC);
  if (!Number.isSafeInteger(micros) || micros <= 0) return undefined;
  if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== pid) return undefined;
  return Math.max(1, Math.floor(micros / 2000));
}

/** Notifies systemd of the service's state. Does nothing without systemd. */
export class ServiceManager implements Disposable {
  readonly #socket: string | undefined;
  readonly #onProblem: (message: string, error: unknown) => void;
  readonly #interval: number | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  /** `onProblem` gets what is to be logged: systemd cannot be told, or `isHealthy` has thrown. */
  constructor(environment: ServiceEnvironment, onProblem: (message: string, error: unknown) => void) {
    this.#socket = environment.NOTIFY_SOCKET || undefined;
    this.#interval = watchdogInterval(environment, process.pid);
    this.#onProblem = onProblem;
  }

  /**
   * Notifies that the service is ready. Then sends keep-alives to the watchdog as long as the event loop turns and
   * `isHealthy` does not throw.
   */
  ready(status: string, isHealthy: () => void = () => {}): void {
    this.#notify('READY=1', `STATUS=${status}`);
    if (this.#socket === undefined || this.#interval === undefined) return;
    const beat = () => {
      try {
        isHealthy();
        this.#notify('WATCHDOG=1');
      } catch (error) {
        this.#onProblem('Not healthy; the watchdog gets no keep-alive', error);
      }
    };
    this.#watchdog = setInterval(beat, this.#interval);
    this.#watchdog.unref();
    beat();
  }

  /** Notifies that a reload has begun; `reloaded` ends it. */
  reloading(): void {
    this.#notify('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  /** Notifies that the reload has ended. */
  reloaded(status: string): void {
    this.#notify('READY=1', `STATUS=${status}`);
  }

  /** Notifies that the service is stopping. */
  stopping(status: string): void {
    this.#notify('STOPPING=1', `STATUS=${status}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#watchdog);
  }

  #notify(...states: string[]): void {
    if (this.#socket === undefined) return;
    try {
      sdNotify(this.#socket, states);
    } catch (error) {
      this.#onProblem('Telling the service manager failed', error);
    }
  }
}
