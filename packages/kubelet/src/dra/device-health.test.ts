import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceHealth as ReportedHealth } from '../generated/dra-health-v1.ts';
import { afterReport, firstEnd, healthAt } from './device-health.ts';

const reported = (
  deviceName: string,
  health: 0 | 1 | 2,
  more: Partial<ReportedHealth> = {},
): ReportedHealth => ({
  device: { poolName: 'p', deviceName },
  health,
  lastUpdatedTime: 0n,
  healthCheckTimeoutSeconds: 0n,
  message: '',
  ...more,
});
const names = (devices: Iterable<{ deviceName: string; health: string }>) =>
  [...devices].map(({ deviceName, health }) => `${deviceName} ${health}`);

test('a report changes what is new, or has another health, message or time', () => {
  const first = afterReport(new Map(), [reported('a', 1), reported('b', 2), reported('c', 0)], 1000);
  assert.deepEqual(names(first.changed), ['a Healthy', 'b Unhealthy', 'c Unknown']);
  const next = [
    reported('a', 1),
    reported('b', 2, { message: 'hot' }),
    reported('c', 0, { healthCheckTimeoutSeconds: 60n }),
  ];
  const second = afterReport(first.devices, next, 2000);
  assert.deepEqual(names(second.changed), ['b Unhealthy', 'c Unknown']);
  assert.deepEqual(afterReport(second.devices, next, 3000).changed, []);
});

test('a device is known until its time is over, and forgotten by the report after that', () => {
  const { devices } = afterReport(
    new Map(),
    [reported('a', 1), reported('b', 2, { healthCheckTimeoutSeconds: 5n, message: 'hot' })],
    1000,
  );
  assert.deepEqual(healthAt(devices.get('p/b'), 6000).health, 'Unhealthy');
  assert.deepEqual(healthAt(devices.get('p/b'), 6001), { health: 'Unknown', message: '' });
  assert.deepEqual(healthAt(undefined, 0), { health: 'Unknown', message: '' });
  assert.equal(firstEnd(devices, 1000), 6001);
  assert.equal(firstEnd(devices, 7000), 31_001);
  assert.equal(firstEnd(devices, 40_000), undefined);
  const later = afterReport(devices, [reported('a', 1)], 6001);
  assert.deepEqual([names(later.changed), names(later.devices.values())], [['b Unknown'], ['a Healthy']]);
  assert.equal(afterReport(devices, [reported('a', 1)], 6000).devices.size, 2);
});

test('a driver has so many devices, and so long messages', () => {
  const report = Array.from({ length: 16_385 }, (_, index) => reported(`d${index}`, 1));
  const { devices, ignored } = afterReport(new Map(), report, 0);
  assert.deepEqual([devices.size, ignored], [16_384, 1]);
  assert.equal(afterReport(devices, report.slice(0, 2), 0).ignored, 0);
  const [long] = afterReport(new Map(), [reported('a', 2, { message: 'x'.repeat(1025) })], 0).changed;
  assert.equal(long?.message, `${'x'.repeat(1021)}...`);
});
