import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

const minute = 60_000;

function crashLoop(runMs: number, crashes: number): number[] {
  const backoff = new Backoff({ initialMs: 10_000, maxMs: 5 * minute, forgetAfterMs: 10 * minute });
  const delays: number[] = [];
  let now = 1_000_000;
  for (let crash = 0; crash < crashes; crash++) {
    now += runMs;
    const failedAt = now;
    const wait = backoff.waiting('c', failedAt, now);
    delays.push(wait?.delayMs ?? 0);
    now = wait?.until ?? now;
    assert.equal(backoff.waiting('c', failedAt, now), undefined, 'the wait is over when it says so');
    backoff.next('c', failedAt, now);
  }
  return delays;
}

test('a container that crashes at once waits 10 s, doubling, at most 5 min', () => {
  assert.deepEqual(
    crashLoop(0, 9),
    [0, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1000),
  );
});

test('a container that runs 9 min keeps its wait, one that runs more than 10 min loses it', () => {
  assert.deepEqual(crashLoop(9 * minute, 4), [0, 10_000, 20_000, 40_000]);
  assert.deepEqual(crashLoop(10 * minute + 1, 4), [0, 0, 0, 0]);
});

test('the first wait is never longer than the longest', () => {
  const backoff = new Backoff({ initialMs: 10_000, maxMs: 1000, forgetAfterMs: 2000 });
  backoff.next('c', 0, 0);
  assert.equal(backoff.waiting('c', 0, 0)?.delayMs, 1000);
});

test('keys are waited for apart, and forgotten by prefix', () => {
  const backoff = new Backoff({ initialMs: 10, maxMs: 100, forgetAfterMs: 200 });
  backoff.next('uid1/a', 0, 0);
  backoff.next('uid2/a', 0, 0);
  assert.equal(backoff.waiting('uid1/b', 0, 0), undefined);
  backoff.next('uid1/b', 0, 0);
  backoff.forget('uid1/', 'uid1/b');
  assert.equal(backoff.waiting('uid1/a', 0, 0), undefined);
  assert.equal(backoff.waiting('uid1/b', 0, 5)?.until, 10);
  assert.equal(backoff.waiting('uid2/a', 0, 5)?.until, 10);
});

test('a wait since the last failed attempt', () => {
  const backoff = new Backoff({ initialMs: 10, maxMs: 100, forgetAfterMs: 200 });
  backoff.next('image', 50, 50);
  assert.deepEqual(backoff.waitingSinceUpdate('image', 55), { until: 60, delayMs: 10 });
  assert.equal(backoff.waitingSinceUpdate('image', 60), undefined);
});

test('no wait outlasts its length because the clock is set back', () => {
  const backoff = new Backoff({ initialMs: 10_000, maxMs: 100_000, forgetAfterMs: 200_000 });
  backoff.next('c', 3_600_000, 3_600_000);
  assert.equal(backoff.waiting('c', 3_600_000, 1_800_000), undefined);
  assert.equal(backoff.waitingSinceUpdate('c', 1_800_000), undefined);
  assert.equal(backoff.waiting('c', 3_600_000.9, 3_600_000)?.delayMs, 10_000, 'a finer time is no jump');
});

test('exactly ten minutes are not yet enough', () => {
  assert.deepEqual(crashLoop(10 * minute, 3), [0, 10_000, 20_000]);
});
