import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, parseDifferences } from './differences.ts';

const listed = parseDifferences(
  '# x\n- a\n## The list\n\n- `ps -a*` (stdout, exit code): because\n  of this\n- `(x)` (stderr): so\n',
);

test('items name comparisons, parts and a reason', () => {
  assert.deepEqual(
    listed.map(({ pattern, parts, reason }) => [pattern, [...parts], reason]),
    [
      ['ps -a*', ['code', 'out'], 'because of this'],
      ['(x)', ['err'], 'so'],
    ],
  );
  assert.throws(() => parseDifferences('## The list\n- `x` (nothing): y'), /DIFFERENCES.md: - `x`/);
  assert.throws(() => parseDifferences('## The list\n- `x` why'), /DIFFERENCES.md/);
});

test('a star stands for any text, all else for itself', () => {
  const covered = (name: string) =>
    listed.filter((entry) => covers(entry, name)).map(({ pattern }) => pattern);
  assert.deepEqual(covered('ps -a'), ['ps -a*']);
  assert.deepEqual(covered('ps -a -o json'), ['ps -a*']);
  assert.deepEqual(covered('xps -a'), []);
  assert.deepEqual(covered('(x)'), ['(x)']);
});
