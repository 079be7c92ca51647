import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { HealthStatus } from '../generated/dra-health-v1.ts';
import { HealthCache } from './health-cache.ts';

test('health that ends is told when a timer fires early, and the time comes while it is handled', async (t) => {
  using scratch = scratchDir('health-cache');
  const told: string[] = [];
  const cache = new HealthCache(scratch.path, (driver) => told.push(driver));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = { now: 0, step: 0 };
  t.mock.method(Date, 'now', () => {
    clock.now += clock.step;
    return clock.now;
  });
  const device = { poolName: 'p', deviceName: 'd' };
  const health = {
    device,
    health: HealthStatus.HEALTHY,
    message: '',
    lastUpdatedTime: 0n,
    healthCheckTimeoutSeconds: 1n,
  };
  cache.report('a.example.com', { devices: [health] });
  assert.deepEqual(told, ['a.example.com']);
  // The next look at the clock finds the last millisecond of the health, and each later one another millisecond.
  Object.assign(clock, { now: 999, step: 1 });
  t.mock.timers.tick(1001);
  t.mock.timers.tick(1);
  assert.deepEqual(told, ['a.example.com', 'a.example.com']);
  assert.equal(cache.get('a.example.com', device).health, 'Unknown');
  cache.stop();
  t.mock.timers.reset();
  await until('it is saved', () => existsSync(join(scratch.path, 'dra_health_state')));
});
