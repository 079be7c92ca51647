// The health of devices in the real kubelet's file, so that a kubelet that restarts need not call it unknown. Pure.
import { isObject } from '@berth/common/json/is-object.ts';
import { type DeviceHealth, type DeviceHealths, defaultTimeoutMs, deviceKey } from './device-health.ts';

interface Entry {
  PoolName: string;
  DeviceName: string;
  Health: DeviceHealth['health'];
  LastUpdated: string;
  /** In nanoseconds. */
  HealthCheckTimeout: number;
  Message: string;
}

const nanosPerMs = 1_000_000;

/** The text for devices by driver. */
export function healthText(drivers: ReadonlyMap<string, DeviceHealths>): string {
  const entry = ({ poolName, deviceName, health, toldAt, timeoutMs, message }: DeviceHealth): Entry => ({
    PoolName: poolName,
    DeviceName: deviceName,
    Health: health,
    LastUpdated: new Date(toldAt).toISOString(),
    HealthCheckTimeout: timeoutMs * nanosPerMs,
    Message: message,
  });
  return JSON.stringify(
    Object.fromEntries(
      [...drivers].map(([driver, devices]) => [
        driver,
        { Devices: Object.fromEntries([...devices].map(([key, device]) => [key, entry(device)])) },
      ]),
    ),
  );
}

/** The devices by driver of a text. Throws when it is damaged. */
export function parseHealth(text: string): Map<string, Map<string, DeviceHealth>> {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error('the file does not tell the health of devices');
  return new Map(
    Object.entries(value).map(([driver, state]) => {
      const devices = isObject(state) && isObject(state.Devices) ? Object.values(state.Devices) : [];
      return [
        driver,
        new Map(
          devices
            .filter(isEntry)
            .map(known)
            .map((each) => [deviceKey(each), each]),
        ),
      ];
    }),
  );
}

function known(entry: Entry): DeviceHealth {
  return {
    poolName: entry.PoolName,
    deviceName: entry.DeviceName,
    health: entry.Health,
    message: entry.Message,
    toldAt: Date.parse(entry.LastUpdated),
    timeoutMs: entry.HealthCheckTimeout > 0 ? entry.HealthCheckTimeout / nanosPerMs : defaultTimeoutMs,
  };
}

function isEntry(value: unknown): value is Entry {
  return (
    isObject(value) &&
    [value.PoolName, value.DeviceName, value.Message].every((each) => typeof each === 'string') &&
    (value.Health === 'Healthy' || value.Health === 'Unhealthy' || value.Health === 'Unknown') &&
    typeof value.LastUpdated === 'string' &&
    Number.isFinite(Date.parse(value.LastUpdated)) &&
    typeof value.HealthCheckTimeout === 'number'
  );
}
