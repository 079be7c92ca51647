import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusLines } from './status-lines.ts';

function record(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { written, output: { isTTY, columns, write: (text: string) => written.push(text) } };
}

test('in a pipe a line appears once, when it is settled', () => {
  const { written, output } = record(false);
  const lines = new StatusLines(output);
  lines.set('a', 'wait', 'pulling');
  lines.set('a', 'wait', 'starting');
  lines.set('a', 'ok', 'pod a');
  lines.set('a', 'ok', 'pod a');
  lines.set('b', 'FAIL', 'pod b');
  lines.end();
  assert.deepEqual(written, [' ok  pod a\n', 'FAIL pod b\n']);
});

test('on a terminal lines are drawn over', () => {
  const { written, output } = record(true);
  const lines = new StatusLines(output);
  lines.set('a', 'wait', 'pulling');
  lines.set('b', 'ok', 'pod b');
  lines.set('a', 'ok', 'pod a');
  lines.end();
  assert.equal(written.at(-1), '\x1b[2A\x1b[2K ok  pod a\n\x1b[2K ok  pod b\n');
});

test('lines are cut to the width of the terminal until the end', () => {
  const { written, output } = record(true, 10);
  const lines = new StatusLines(output);
  lines.set('a', 'FAIL', 'pod a cannot start');
  assert.equal(written.at(-1), '\x1b[2KFAIL pod a\n');
  lines.end();
  assert.equal(written.at(-1), '\x1b[1A\x1b[2KFAIL pod a cannot start\n');
});
