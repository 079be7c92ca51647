// Log files on a real disk: tails, growth, rotation, truncation.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { type ReadOptions, readLog } from './read.ts';

const dir = mkdtempSync(join(tmpdir(), 'cri-logs-'));
after(() => rmSync(dir, { recursive: true }));

const line = (text: string) => `2026-01-02T03:04:05.000000001Z stdout F ${text}\n`;

async function read(
  path: string,
  options: Partial<ReadOptions> = {},
  seen: string[] = [],
): Promise<string[]> {
  await readLog({
    source: { path, open: () => open(path) },
    tailLines: undefined,
    follow: undefined,
    onLine: ({ content }) => {
      seen.push(content.toString().replace(/\n$/, ''));
      return true;
    },
    onBadLine: (text, reason) => seen.push(`bad: ${text.trimEnd()}: ${reason}`),
    whenWritable: async () => {},
    ...options,
  });
  return seen;
}

test('all lines and the last ones are found', async () => {
  const path = join(dir, 'tail.log');
  const texts = Array.from({ length: 5000 }, (_, index) => `line ${index} ${'x'.repeat(index % 97)}`);
  writeFileSync(path, texts.map(line).join(''));
  assert.deepEqual(await read(path), texts);
  for (const count of [0, 1, 2, 1000, 4999, 5000, 6000]) {
    assert.deepEqual(
      await read(path, { tailLines: count }),
      count === 0 ? [] : texts.slice(-count),
      String(count),
    );
  }
});

test('a long line, a bad line and an unfinished one', async () => {
  const path = join(dir, 'odd.log');
  const long = 'y'.repeat(300_000);
  writeFileSync(path, `${line(long)}nonsense\n${line('ok').trimEnd()}`);
  assert.deepEqual(await read(path), [long, 'bad: nonsense: timestamp is not found', 'ok']);
  writeFileSync(path, '');
  assert.deepEqual(await read(path), []);
});

test('a line without an end is reported once, and the next one is read', async () => {
  const path = join(dir, 'endless.log');
  writeFileSync(path, line('first'));
  appendFileSync(path, Buffer.alloc(40 * 1024 * 1024, 'z'));
  appendFileSync(path, `\n${line('next')}`);
  assert.deepEqual(await read(path), [
    'first',
    `bad: ${'z'.repeat(256)}: the line is longer than 16777216 bytes`,
    'next',
  ]);
});

test('a followed log goes on over rotation and truncation until the container ends', async () => {
  const path = join(dir, '0.log');
  writeFileSync(path, line('first'));
  let running = true;
  const signal = new AbortController().signal;
  const seen: string[] = [];
  const reading = read(path, { follow: { isRunning: async () => running, signal } }, seen);
  const isRead = (text: string) => until(`${text} is read`, () => seen.at(-1) === text);
  await isRead('first');
  appendFileSync(path, `${line('whole')}${line('second').slice(0, 20)}`);
  await isRead('whole');
  appendFileSync(path, line('second').slice(20));
  await isRead('second');
  appendFileSync(path, line('before rotation'));
  renameSync(path, `${path}.1`);
  writeFileSync(path, line('after rotation'));
  await isRead('after rotation');
  appendFileSync(path, line('third'));
  await isRead('third');
  writeFileSync(path, line('truncated'));
  await isRead('truncated');
  running = false;
  appendFileSync(path, line('last'));
  assert.deepEqual(await reading, [
    'first',
    'whole',
    'second',
    'before rotation',
    'after rotation',
    'third',
    'truncated',
    'last',
  ]);
});

test('an interruption ends the following', async () => {
  const path = join(dir, 'abort.log');
  writeFileSync(path, line('one'));
  const abort = new AbortController();
  const seen: string[] = [];
  const reading = read(path, { follow: { isRunning: async () => true, signal: abort.signal } }, seen);
  await until('the line is read', () => seen.length > 0);
  abort.abort();
  assert.deepEqual(await reading, ['one']);
});
