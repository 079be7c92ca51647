import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedQueue } from './queue.ts';

test('one key runs in order, another key beside it', async () => {
  const queue = new KeyedQueue();
  const trace: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue.run('a', async () => {
    await gate.promise;
    trace.push('a1');
  });
  const second = queue.run('a', async () => void trace.push('a2'));
  await queue.run('b', async () => void trace.push('b1'));
  assert.deepEqual(trace, ['b1']);
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(trace, ['b1', 'a1', 'a2']);
});

test('a failure reaches its caller only, and the queue forgets idle keys', async () => {
  const queue = new KeyedQueue();
  const failed = queue.run('a', async () => {
    throw new Error('boom');
  });
  const next = queue.run('a', async () => 7);
  await assert.rejects(failed, { message: 'boom' });
  assert.equal(await next, 7);
  await queue.idle();
  assert.equal(queue.busy, 0);
});
