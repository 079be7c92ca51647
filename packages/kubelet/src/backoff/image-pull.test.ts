import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StartFailure } from '../kubecontainer/start-error.ts';
import { PullBackoff } from './image-pull.ts';

test('pulls that fail wait 10 s, doubled up to 5 min, and say why', () => {
  const backoff = new PullBackoff();
  const waits: number[] = [];
  for (let now = 0, failure = 0; failure < 8; failure++) {
    assert.equal(backoff.waiting('u', 'a:1', now), undefined, 'the wait is over when it says so');
    backoff.failed('u', 'a:1', { reason: 'ErrImagePull', message: 'not found' }, now);
    const until = backoff.waiting('u', 'a:1', now)?.until ?? now;
    waits.push((until - now) / 1000);
    assert.deepEqual(backoff.waiting('u', 'a:1', until - 1), {
      message: 'Back-off pulling image "a:1": ErrImagePull: not found',
      until,
    });
    now = until;
  }
  assert.deepEqual(waits, [10, 20, 40, 80, 160, 300, 300, 300]);
});

const failure: StartFailure = { reason: 'SignatureValidationFailed', message: 'x' };

test('ten minutes without an attempt begin anew', () => {
  const backoff = new PullBackoff();
  backoff.failed('u', 'a', failure, 0);
  backoff.failed('u', 'a', failure, 600_000);
  assert.equal(backoff.waiting('u', 'a', 600_000)?.until, 620_000);
  backoff.failed('u', 'a', failure, 1_200_001);
  assert.equal(backoff.waiting('u', 'a', 1_200_001)?.until, 1_210_001);
});

test('each pod and image waits by itself, and a pod that is gone is forgotten', () => {
  const backoff = new PullBackoff();
  backoff.failed('u1', 'a', failure, 0);
  backoff.failed('u2', 'a', failure, 0);
  assert.equal(backoff.waiting('u1', 'b', 1), undefined);
  backoff.forget('u1');
  assert.equal(backoff.waiting('u1', 'a', 1), undefined);
  assert.ok(backoff.waiting('u2', 'a', 1));
});
