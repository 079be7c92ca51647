import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceHealth } from './device-health.ts';
import { healthText, parseHealth } from './health-checkpoint.ts';

const device: DeviceHealth = {
  poolName: 'p',
  deviceName: 'd',
  health: 'Unhealthy',
  message: 'hot',
  toldAt: Date.UTC(2026, 10, 30, 1, 2, 3),
  timeoutMs: 30_000,
};

test('the text is as the real kubelet writes it, and is read again', () => {
  const drivers = new Map([['a.example.com', new Map([['p/d', device]])]]);
  const text =
    '{"a.example.com":{"Devices":{"p/d":{"PoolName":"p","DeviceName":"d","Health":"Unhealthy","LastUpdated":"2026-11-30T01:02:03.000Z","HealthCheckTimeout":30000000000,"Message":"hot"}}}}';
  assert.equal(healthText(drivers), text);
  assert.deepEqual(parseHealth(text), drivers);
});

test('what is no device is left out, and what is no file of health is refused', () => {
  assert.deepEqual(
    parseHealth('{"a":{"Devices":null},"b":{"Devices":{"p/d":{"PoolName":"p"}}},"c":1}'),
    new Map([
      ['a', new Map()],
      ['b', new Map()],
      ['c', new Map()],
    ]),
  );
  assert.throws(() => parseHealth('[]'), /does not tell the health/);
});
