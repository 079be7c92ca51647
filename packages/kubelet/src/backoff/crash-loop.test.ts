import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContainer } from '../testing/pod.ts';
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
  const [a, b] = [testContainer({ name: 'a' }), testContainer({ name: 'b' })];
  crashLoop.restarts('u1', a, 0, 0);
  crashLoop.restarts('u2', a, 0, 0);
  assert.deepEqual(crashLoop.waiting('u1', a, 0, 1), { until: 10_000, delayMs: 10_000 });
  assert.equal(crashLoop.waiting('u1', b, 0, 1), undefined);
  crashLoop.forget('u1');
  assert.equal(crashLoop.waiting('u1', a, 0, 1), undefined);
  assert.ok(crashLoop.waiting('u2', a, 0, 1));
});

test('another image or other resources are another container, which starts at once', () => {
  const crashLoop = new CrashLoopBackoff(300_000);
  const before = testContainer({ name: 'a', image: 'one' });
  for (let crash = 0; crash < 3; crash++) crashLoop.restarts('u', before, 0, 0);
  assert.equal(crashLoop.waiting('u', before, 0, 1)?.delayMs, 40_000);
  for (const change of [{ image: 'two' }, { resources: { requests: { cpu: '1' } } }]) {
    const after = { ...before, ...change };
    assert.equal(crashLoop.waiting('u', after, 0, 1), undefined);
    crashLoop.restarts('u', after, 0, 0);
    assert.equal(crashLoop.waiting('u', after, 0, 1)?.delayMs, 10_000);
  }
  assert.equal(crashLoop.waiting('u', before, 0, 1), undefined, 'the former definition is forgotten');
});

test('a crash is forgotten after 10 minutes, whatever the longest wait', () => {
  const crashLoop = new CrashLoopBackoff(1000);
  const container = testContainer({ name: 'a' });
  crashLoop.restarts('u', container, 0, 0);
  assert.equal(crashLoop.waiting('u', container, 600_000, 600_000)?.delayMs, 1000);
  assert.equal(crashLoop.waiting('u', container, 600_001, 600_001), undefined);
});
