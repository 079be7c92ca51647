import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ServiceEnvironment, watchdogInterval } from './service-manager.ts';

const cases: [title: string, environment: ServiceEnvironment, interval: number | undefined][] = [
  ['no watchdog', {}, undefined],
  ['half of what it waits for', { WATCHDOG_USEC: '30000000' }, 15_000],
  ['it waits for this process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
  ['it waits for another process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, undefined],
  ['no number', { WATCHDOG_USEC: 'soon' }, undefined],
  ['less than a timer can do', { WATCHDOG_USEC: '1' }, 1],
];

for (const [title, environment, interval] of cases) {
  test(title, () => assert.equal(watchdogInterval(environment, 7), interval));
}
