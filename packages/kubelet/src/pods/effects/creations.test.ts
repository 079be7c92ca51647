import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Creations } from './creations.ts';

const { signal } = new AbortController();

test('sixteen run at once, and those that hang count for five seconds', async ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const creations = new Creations();
  const ends = Array.from({ length: 20 }, () => Promise.withResolvers<void>());
  let begun = 0;
  const all = ends.map(({ promise }) =>
    creations.run(() => {
      begun += 1;
      return promise;
    }, signal),
  );
  await setImmediate();
  assert.equal(begun, 16);
  ends[0]?.resolve();
  await all[0];
  await setImmediate();
  assert.equal(begun, 17);
  mock.timers.tick(4999);
  await setImmediate();
  assert.equal(begun, 17);
  mock.timers.tick(1);
  await setImmediate();
  assert.equal(begun, 20);
  for (const { resolve } of ends) resolve();
  await Promise.all(all);
});

test('a failure frees its slot once, and an aborted wait takes none', async () => {
  const creations = new Creations();
  const ends = Array.from({ length: 16 }, () => Promise.withResolvers<void>());
  const all = ends.map(({ promise }) => creations.run(() => promise, signal));
  const gone = new AbortController();
  const waiting = creations.run(() => assert.fail('it was aborted'), gone.signal);
  gone.abort(new Error('the pod ends'));
  await assert.rejects(waiting, /the pod ends/);
  ends[0]?.reject(new Error('no'));
  await assert.rejects(all[0] ?? assert.fail(), /no/);
  assert.equal(await creations.run(async () => 'runs', signal), 'runs');
  for (const { resolve } of ends) resolve();
  await Promise.all(all.slice(1));
});
