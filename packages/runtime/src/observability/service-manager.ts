import { sdNotify } from '@berth/linux/systemd/sd-notify.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

/** What systemd tells a service about itself, as sd_notify(3) and sd_watchdog_enabled(3) describe it. */
export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/**
 * How often, in milliseconds, the watchdog wants to hear from `pid`: half of what it waits for. undefined when
 * it wants nothing.
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

/** Tells systemd how this service is. Without systemd every call does nothing. */
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

  /** The service serves. From now on the watchdog is told that it is alive as long as `isHealthy` returns. */
  ready(status: string, isHealthy: () => void): void {
    this.#notify('READY=1', `STATUS=${status}`);
    if (this.#socket === undefined || this.#interval === undefined) return;
    const beat = () => {
      try {
        isHealthy();
        this.#notify('WATCHDOG=1');
      } catch (error) {
        this.#log.error(`Not healthy, so the watchdog is not told otherwise: ${messageWithCauses(error)}`);
      }
    };
    this.#watchdog = setInterval(beat, this.#interval);
    this.#watchdog.unref();
    beat();
  }

  /** The settings are being read again; `ready` or `status` ends it. */
  reloading(): void {
    this.#notify('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  /** The reading has ended. */
  reloaded(status: string): void {
    this.#notify('READY=1', `STATUS=${status}`);
  }

  /** The service is about to end. */
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
