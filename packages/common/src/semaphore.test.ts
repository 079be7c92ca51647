import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Semaphore } from './semaphore.ts';

test('no more than the limit run at once, in the order in which they came', async () => {
  const semaphore = new Semaphore(2);
  const order: number[] = [];
  let running = 0;
  await Promise.all(
    [0, 1, 2, 3, 4].map((index) =>
      semaphore.run(async () => {
        running += 1;
        assert.ok(running <= 2);
        order.push(index);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      }),
    ),
  );
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
});

test('who gives up waiting, or fails, takes no turn along', async () => {
  const semaphore = new Semaphore(1);
  const release = await semaphore.acquire(undefined);
  const gone = new AbortController();
  const waiting = semaphore.run(async () => assert.fail('it has gone'), gone.signal);
  const late = new AbortController();
  const turn = semaphore.acquire(late.signal);
  gone.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  release();
  late.abort(new Error('too late'));
  await turn.then(
    (it) => it(),
    () => {},
  );
  await assert.rejects(
    semaphore.run(async () => {
      throw new Error('failed');
    }),
    /failed/,
  );
  assert.equal(await semaphore.run(async () => 'free'), 'free');
});
