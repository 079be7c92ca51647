// The health of the devices of one driver: what follows from its reports, and for how long each holds. Pure.
import type { DeviceHealth as ReportedHealth } from '../generated/dra-health-v1.ts';

export type Health = 'Healthy' | 'Unhealthy' | 'Unknown';

/** What is known of a device. */
export interface DeviceHealth {
  poolName: string;
  deviceName: string;
  health: Health;
  message: string;
  /** When it was told, in milliseconds since the epoch. */
  toldAt: number;
  /** How long it holds. */
  timeoutMs: number;
}

/** By pool and device: `pool/device`. */
export type DeviceHealths = ReadonlyMap<string, DeviceHealth>;

export const defaultTimeoutMs = 30_000;
/** Of one driver. More is not kept: nobody checks that the devices exist. */
const maxDevices = 16_384;
const maxMessageLength = 1024;

const healthNames: Readonly<Record<number, Health>> = { 1: 'Healthy', 2: 'Unhealthy' };

export function deviceKey({ poolName, deviceName }: { poolName: string; deviceName: string }): string {
  return `${poolName}/${deviceName}`;
}

/**
 * What is known after a report of all devices. A device that is not in it is known until its time is over. `changed`: the
 * devices whose health is another one now; `ignored`: how many devices are beyond the limit.
 */
export function afterReport(
  known: DeviceHealths,
  report: readonly ReportedHealth[],
  now: number,
): { devices: DeviceHealths; changed: DeviceHealth[]; ignored: number } {
  const devices = new Map(known);
  const changed: DeviceHealth[] = [];
  const reported = new Set<string>();
  let ignored = 0;
  for (const each of report) {
    const device = reportedDevice(each, now);
    const key = deviceKey(device);
    reported.add(key);
    const former = devices.get(key);
    if (!former && devices.size >= maxDevices) {
      ignored += 1;
      continue;
    }
    if (!former || !isSame(former, device)) changed.push(device);
    devices.set(key, device);
  }
  for (const [key, device] of known) {
    if (reported.has(key) || !isOver(device, now)) continue;
    if (device.health !== 'Unknown') changed.push({ ...device, health: 'Unknown', message: '' });
    devices.delete(key);
  }
  return { devices, changed, ignored };
}

/** The health of a device at a time. */
export function healthAt(device: DeviceHealth | undefined, now: number): { health: Health; message: string } {
  if (!device || isOver(device, now)) return { health: 'Unknown', message: '' };
  return device;
}

/** When the first of the devices whose health holds is not known any more; undefined: none. */
export function firstEnd(devices: DeviceHealths, now: number): number | undefined {
  const ends = [...devices.values()]
    .filter((device) => device.health !== 'Unknown' && !isOver(device, now))
    .map(({ toldAt, timeoutMs }) => toldAt + timeoutMs + 1);
  return ends.length === 0 ? undefined : ends.reduce((one, other) => Math.min(one, other));
}

function isOver({ toldAt, timeoutMs }: DeviceHealth, now: number): boolean {
  return now - toldAt > timeoutMs;
}

function isSame(one: DeviceHealth, other: DeviceHealth): boolean {
  return one.health === other.health && one.message === other.message && one.timeoutMs === other.timeoutMs;
}

function reportedDevice(
  { device, health, message, healthCheckTimeoutSeconds: seconds }: ReportedHealth,
  now: number,
): DeviceHealth {
  return {
    poolName: device?.poolName ?? '',
    deviceName: device?.deviceName ?? '',
    health: healthNames[health] ?? 'Unknown',
    message: message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`,
    toldAt: now,
    timeoutMs: seconds > 0n ? Number(seconds) * 1000 : defaultTimeoutMs,
  };
}
