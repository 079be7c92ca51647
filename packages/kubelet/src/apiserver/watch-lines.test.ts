import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter, LineTooLongError } from './watch-lines.ts';

test('lines come out whole wherever the body is cut', () => {
  const body = Buffer.from('{"a":"ä€"}\n\n{"b":2}\r\n{"c":3}\n{"cut');
  for (let size = 1; size <= body.length; size++) {
    const splitter = new LineSplitter(100);
    const lines: string[] = [];
    for (let at = 0; at < body.length; at += size) lines.push(...splitter.push(body.subarray(at, at + size)));
    assert.deepEqual(lines, ['{"a":"ä€"}', '{"b":2}\r', '{"c":3}'], `${size} bytes at a time`);
  }
});

test('a line has a limit, many lines have none', () => {
  const splitter = new LineSplitter(4);
  assert.deepEqual(splitter.push(Buffer.from('1234\n5678\n')), ['1234', '5678']);
  assert.deepEqual(splitter.push(Buffer.from('123')), []);
  assert.throws(() => splitter.push(Buffer.from('45')), LineTooLongError);
});
