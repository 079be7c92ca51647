import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedQueue } from './keyed-queue.ts';

test('operations of one key run one by one, others at once', async () => {
  const queue = new KeyedQueue();
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];
  const first = queue.run('a', async () => {
    await gate.promise;
    log.push('a1');
  });
  const second = queue.run('a', async () => void log.push('a2'));
  await queue.run('b', async () => void log.push('b'));
  assert.deepEqual(log, ['b']);
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(log, ['b', 'a1', 'a2']);
});

test('giving up does not let those behind overtake', async () => {
  const queue = new KeyedQueue();
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];
  const first = queue.run('a', async () => {
    await gate.promise;
    log.push('first');
  });
  const controller = new AbortController();
  const second = queue.run('a', async () => log.push('second'), controller.signal);
  const third = queue.run('a', async () => log.push('third'));
  controller.abort(new Error('enough'));
  await assert.rejects(second, /enough/);
  gate.resolve();
  await Promise.all([first, third]);
  assert.deepEqual(log, ['first', 'third']);
});

test('a failure is of its operation only, and the queue forgets idle keys', async () => {
  const queue = new KeyedQueue();
  const failing = queue.run('a', async () => {
    throw new Error('no');
  });
  const next = queue.run('a', async () => 'yes');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'yes');
  await queue.idle();
  assert.equal(queue.busy, 0);
});
