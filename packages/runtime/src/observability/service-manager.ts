// Notifies systemd: readiness, reload, stop and watchdog keep-alives. main.ts uses it.

import { sdNotify } from '@berth/linux/systemd/sd-notify.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

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
  readonly #log: Logger;
  readonly #interval: number | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(environment: ServiceEnvironment, log: Logger) {
    this.#socket = environment.NOTIFY_SOCKET || undefined;
    this.#interval = watchdogInterval(environment, process.pid);
    this.#log = log;
  }

  /**
   * Notifies that the service is ready. Then sends keep-alives to the watchdog as long as `isHealthy` does not throw.
   */
  ready(status: string, isHealthy: () => void): void {
    this.#notify('READY=1', `STATUS=${status}`);
    if (this.#socket === undefined || this.#interval === undefined) return;
    const beat = () => {
      try {
        isHealthy();
        this.#notify('WATCHDOG=1');
      } catch (error) {
        this.#log.error(`Not healthy; the watchdog gets no keep-alive: ${messageWithCauses(error)}`);
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
  stopping(): void {
    this.#notify('STOPPING=1', 'STATUS=Finishing requests under way; containers go on.');
  }

  [Symbol.dispose](): void {
    clearInterval(this.#watchdog);
  }

  #notify(...states: string[]): void {
    if (this.#socket === undefined) return;
    try {
      sdNotify(this.#socket, states);
    } catch (error) {
      this.#log.warning(`Telling the service manager failed: ${messageWithCauses(error)}`);
    }
  }
}
