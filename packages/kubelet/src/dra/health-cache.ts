// The health of the devices of all drivers, in memory and in a file for the next kubelet.
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { maxTimerMs } from '@berth/common/max-timer.ts';
import type { NodeWatchResourcesResponse } from '../generated/dra-health-v1.ts';
import { createLogger } from '../klog/klog.ts';
import {
  afterReport,
  type DeviceHealths,
  deviceKey,
  firstEnd,
  type Health,
  healthAt,
} from './device-health.ts';
import { healthText, parseHealth } from './health-checkpoint.ts';

const log = createLogger('health-cache.ts');

const maxBytes = 64 * 1024 * 1024;

/** Keeps the health. */
export class HealthCache {
  readonly #path: string;
  readonly #onChange: (driver: string) => void;
  readonly #drivers: Map<string, DeviceHealths>;
  /** By driver, when to look whether its devices' health is still known; `at` is a time in milliseconds. */
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  #isWriting = false;
  #isStale = false;

  /** Reads what an earlier kubelet knew. `onChange`: devices of the driver have another health than before. */
  constructor(rootDir: string, onChange: (driver: string) => void) {
    this.#path = join(rootDir, 'dra_health_state');
    this.#onChange = onChange;
    this.#drivers = this.#load();
    for (const driver of this.#drivers.keys()) this.#expireLater(driver);
  }

  #load(): Map<string, DeviceHealths> {
    try {
      return parseHealth(readRegularFileSync(this.#path, { maxBytes, followLink: false }).toString());
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) {
        log.error('Failed to load health checkpoint, proceeding with empty cache', { err: error });
      }
      return new Map();
    }
  }

  /** A driver tells the health of all its devices. */
  report(driver: string, { devices: report }: NodeWatchResourcesResponse): void {
    const known = this.#drivers.get(driver) ?? new Map();
    const { devices, changed, ignored } = afterReport(known, report, Date.now());
    if (ignored > 0) {
      log.error('Ignoring devices of a health report beyond the limit of a driver', {
        driverName: driver,
        ignoredDevices: ignored,
      });
    }
    this.#drivers.set(driver, devices);
    this.#expireLater(driver);
    if (changed.length === 0) return;
    void this.#save();
    this.#onChange(driver);
  }

  /** Nobody tells the health of a driver's devices any more. */
  clear(driver: string): void {
    clearTimeout(this.#timers.get(driver)?.timer);
    this.#timers.delete(driver);
    if (!this.#drivers.delete(driver)) return;
    void this.#save();
    this.#onChange(driver);
  }

  /** The health of a device now. */
  get(driver: string, device: { poolName: string; deviceName: string }): { health: Health; message: string } {
    return healthAt(this.#drivers.get(driver)?.get(deviceKey(device)), Date.now());
  }

  /** Leaves the file to the next kubelet. */
  stop(): void {
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
  }

  /** Tells when health is not known any more, since the driver has not told it again. */
  #expireLater(driver: string, now = Date.now()): void {
    const end = firstEnd(this.#drivers.get(driver) ?? new Map(), now);
    const armed = this.#timers.get(driver);
    // One that fires too early looks again.
    if (end === undefined || (armed && armed.at <= end)) return;
    clearTimeout(armed?.timer);
    const timer = setTimeout(() => this.#expire(driver), Math.min(maxTimerMs, Math.max(0, end - now)));
    this.#timers.set(driver, { timer, at: end });
  }

  #expire(driver: string): void {
    this.#timers.delete(driver);
    const now = Date.now();
    const devices = [...(this.#drivers.get(driver)?.values() ?? [])];
    if (devices.some((each) => each.health !== healthAt(each, now).health)) this.#onChange(driver);
    // What ends from here on is told by the next timer.
    this.#expireLater(driver, now);
  }

  /** Writes the newest that is known; never rejects. */
  async #save(): Promise<void> {
    this.#isStale = true;
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#isStale) {
      this.#isStale = false;
      await replaceFile(this.#path, healthText(this.#drivers), { mode: 0o600 }).catch((error: unknown) => {
        log.error('Failed to save health checkpoint, a restart may lose the health of devices', {
          err: error,
        });
      });
    }
    this.#isWriting = false;
  }
}
