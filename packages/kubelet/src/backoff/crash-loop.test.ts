import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashLoopBackoff, crashLoopMessage } from './crash-loop.ts';

test('a crash loop is told in Kubernetes’ words', () => {
  const pod = { name: 'web-n', namespace: 'default', uid: 'b1' };
  const of = (ms: number) => crashLoopMessage(pod, 'main', ms);
  assert.equal(of(10_000), 'back-off 10s restarting failed container=main pod=web-n_default(b1)');
  assert.match(of(80_000), /^back-off 1m20s restarting/);
  assert.match(of(300_000), /^back-off 5m0s restarting/);
});

test('each container of each pod waits by itself, and a pod that is gone is forgotten', () => {
  const crashLoop = new CrashLoopBackoff(300_000);
  crashLoop.restarts('u1', 'a', 0, 0);
  crashLoop.restarts('u2', 'a', 0, 0);
  assert.deepEqual(crashLoop.waiting('u1', 'a', 0, 1), { until: 10_000, delayMs: 10_000 });
  assert.equal(crashLoop.waiting('u1', 'b', 0, 1), undefined);
  crashLoop.forget('u1');
  assert.equal(crashLoop.waiting('u1', 'a', 0, 1), undefined);
  assert.ok(crashLoop.waiting('u2', 'a', 0, 1));
});
