import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedMutex } from './keyed-mutex.ts';

test('operations of one key run one by one, others at once', async () => {
  const mutex = new KeyedMutex();
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];
  const first = mutex.run('a', undefined, async () => {
    await gate.promise;
    log.push('a1');
  });
  const second = mutex.run('a', undefined, async () => {
    log.push('a2');
  });
  await mutex.run('b', undefined, async () => {
    log.push('b');
  });
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(log, ['b', 'a1', 'a2']);
});

test('giving up does not let those behind overtake', async () => {
  const mutex = new KeyedMutex();
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];
  const first = mutex.run('a', undefined, async () => {
    await gate.promise;
    log.push('first');
  });
  const controller = new AbortController();
  const second = mutex.run('a', controller.signal, async () => log.push('second'));
  const third = mutex.run('a', undefined, async () => log.push('third'));
  controller.abort(new Error('enough'));
  await assert.rejects(second, /enough/);
  gate.resolve();
  await Promise.all([first, third]);
  assert.deepEqual(log, ['first', 'third']);
});

test('a failure is of its operation only', async () => {
  const mutex = new KeyedMutex();
  const failing = mutex.run('a', undefined, async () => {
    throw new Error('no');
  });
  const next = mutex.run('a', undefined, async () => 'yes');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'yes');
});
