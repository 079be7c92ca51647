import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashLoopMessage } from './crash-loop.ts';

test('a crash loop is told in Kubernetes’ words', () => {
  const pod = { name: 'web-n', namespace: 'default', uid: 'b1' };
  const of = (ms: number) => crashLoopMessage(pod, 'main', ms);
  assert.equal(of(10_000), 'back-off 10s restarting failed container=main pod=web-n_default(b1)');
  assert.match(of(80_000), /^back-off 1m20s restarting/);
  assert.match(of(300_000), /^back-off 5m0s restarting/);
});
