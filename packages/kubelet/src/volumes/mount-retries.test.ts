import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MountRetries } from './mount-retries.ts';

test('waits double from half a second to two minutes, and begin anew after a success', () => {
  const retries = new MountRetries();
  const delays: number[] = [];
  let now = 1000;
  for (let attempt = 0; attempt < 10; attempt++) {
    const next = retries.failed('u', 'v', now);
    delays.push(next - now);
    now = next;
  }
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 122_000, 122_000]);
  assert.equal(retries.failed('u', 'w', now), now + 500);
  retries.succeeded('u', 'v');
  assert.equal(retries.failed('u', 'v', now), now + 500);
  retries.forget('u');
  assert.equal(retries.failed('u', 'v', now + 600), now + 1100);
});

test('an attempt before its time does not lengthen the wait', () => {
  const retries = new MountRetries();
  assert.equal(retries.failed('u', 'v', 1000), 1500);
  assert.equal(retries.failed('u', 'v', 1200), 1500);
  assert.equal(retries.failed('u', 'v', 1499), 1500);
  assert.equal(retries.failed('u', 'v', 1500), 2500);
});

test('a clock that is set back makes no wait longer', () => {
  const retries = new MountRetries();
  assert.equal(retries.failed('u', 'v', 3_600_000), 3_600_500);
  assert.equal(retries.failed('u', 'v', 1_800_000), 1_801_000);
});
