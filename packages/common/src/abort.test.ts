import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onceAborted, sleepUntilAborted, untilAborted } from './abort.ts';

test('a promise that settles first decides, and no listener is left on the signal', async () => {
  const { signal } = new AbortController();
  assert.equal(await untilAborted(Promise.resolve(1), signal), 1);
  await assert.rejects(untilAborted(Promise.reject(new Error('own')), signal), /own/);
  assert.equal(await untilAborted(Promise.resolve(2), undefined), 2);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('a signal that fires first decides', async () => {
  const controller = new AbortController();
  const waiting = untilAborted(new Promise(() => {}), controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(untilAborted(Promise.resolve(1), controller.signal), /enough/);
});

test('what fails after the signal has fired is no unhandled rejection, which would fail this test', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(untilAborted(Promise.reject(new Error('at once')), signal), /enough/);
  const later = Promise.withResolvers<never>();
  await assert.rejects(untilAborted(later.promise, signal), /enough/);
  later.reject(new Error('later'));
  await nextTurn();
});

test('waiting for a signal, and sleeping until it fires or time is up', async () => {
  const controller = new AbortController();
  const begin = performance.now();
  await sleepUntilAborted(5, controller.signal);
  assert.ok(performance.now() - begin >= 4);
  const waits = [onceAborted(controller.signal), sleepUntilAborted(60_000, controller.signal)];
  controller.abort();
  await Promise.all(waits);
  await onceAborted(controller.signal);
  await sleepUntilAborted(60_000, controller.signal);
});
