import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerProgress } from './pull-progress.ts';
import { SharedPulls } from './shared-pulls.ts';

test('callers of one key share a pull, which goes on until the last of them has gone', async () => {
  const pulls = new SharedPulls();
  const started: AbortSignal[] = [];
  const pull = (signal: AbortSignal) => {
    started.push(signal);
    return new Promise<string>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
  };
  const [first, second] = [new AbortController(), new AbortController()];
  const one = pulls.join('a', first.signal, pull).result;
  const two = pulls.join('a', second.signal, pull).result;
  const other = pulls.join('b', first.signal, pull).result;
  assert.equal(started.length, 2);
  first.abort(new Error('gone'));
  await assert.rejects(one, /gone/);
  await assert.rejects(other, /gone/);
  assert.deepEqual(
    started.map(({ aborted }) => aborted),
    [false, true],
  );
  second.abort(new Error('gone too'));
  await assert.rejects(two, /gone too/);
  assert.equal(started[0]?.aborted, true);
  assert.equal(await pulls.join('a', new AbortController().signal, async () => 'id').result, 'id');
});

test('a failure reaches every caller, and watchers end with the pull', async () => {
  const pulls = new SharedPulls();
  const { signal } = new AbortController();
  const turn = Promise.withResolvers<string>();
  const one = pulls.join('a', signal, () => turn.promise);
  const two = pulls.join('a', signal, () => turn.promise);
  const seen: (readonly LayerProgress[])[] = [];
  const watching = (async () => {
    for await (const layers of one.progress.watch(signal)) seen.push(layers);
  })();
  one.progress.begin([]);
  assert.deepEqual(pulls.running(), [['a', one.progress]]);
  await new Promise((resolve) => setImmediate(resolve));
  turn.reject(new Error('no such image'));
  await assert.rejects(one.result, /no such image/);
  await assert.rejects(two.result, /no such image/);
  await watching;
  assert.deepEqual(pulls.running(), []);
  assert.deepEqual(seen, [[]]);
});
