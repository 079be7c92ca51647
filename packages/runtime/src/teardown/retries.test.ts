import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../logging/log.ts';
import { Retries } from './retries.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a clean-up is tried again in intervals that double up to five minutes, until it succeeds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lines: string[] = [];
  using retries = new Retries(createLogger('debug', (line) => lines.push(line)));
  let works = false;
  let attempts = 0;
  const attempt = async () => {
    attempts++;
    if (!works) throw new Error('no agent');
  };
  retries.add('a', 'removing a', attempt);
  retries.add('a', 'removing a again', () => assert.fail());
  const passAndCount = async (ms: number) => {
    t.mock.timers.tick(ms);
    await settled();
    return attempts;
  };
  assert.equal(await passAndCount(999), 0);
  assert.equal(await passAndCount(1), 1);
  assert.equal(await passAndCount(1_999), 1);
  assert.equal(await passAndCount(1), 2);
  for (let ms = 4_000; ms < 300_000; ms *= 2) await passAndCount(ms);
  const before = attempts;
  assert.equal(await passAndCount(299_999), before);
  assert.equal(await passAndCount(1), before + 1);
  works = true;
  retries.now();
  await settled();
  assert.equal(attempts, before + 2);
  assert.equal(retries.size, 0);
  assert.match(lines[0] ?? '', /Trying again in 2 s: removing a: no agent/);
  assert.match(lines.at(-1) ?? '', /Done at last: removing a/);
  assert.equal(await passAndCount(1_000_000), before + 2);
});

test('one that is being tried is not tried a second time meanwhile, and after the end none is', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const retries = new Retries(createLogger('debug', () => {}));
  let attempts = 0;
  const first = Promise.withResolvers<void>();
  retries.add('a', 'removing a', () => {
    attempts++;
    return first.promise;
  });
  retries.now();
  retries.now();
  assert.equal(attempts, 1);
  first.reject(new Error('no'));
  await settled();
  retries.now();
  assert.equal(attempts, 2);
  retries[Symbol.dispose]();
  await settled();
  t.mock.timers.tick(1_000_000);
  assert.equal(attempts, 2);
});
