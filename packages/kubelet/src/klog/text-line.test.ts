import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textLine } from './text-line.ts';

test('a line has klog’s columns', () => {
  const line = textLine({
    severity: 'I',
    time: new Date(2026, 10, 23, 20, 8, 12, 123),
    pid: 1234,
    name: 'sync.ts',
    message: 'Pod "x" started',
    fields: { pod: 'default/hello', attempts: 2, ok: true, none: undefined, list: ['a'] },
  });
  assert.equal(
    line,
    'I1123 20:08:12.123000    1234 sync.ts:1] "Pod \\"x\\" started" pod="default/hello" attempts=2 ok=true list=["a"]\n',
  );
});

test('control characters, bidirectional overrides and megabytes from outside do not reach the log', () => {
  const entry = { severity: 'I' as const, time: new Date(), pid: 1, name: 'a.ts', message: 'm\x9b' };
  const fields = {
    one: '\x1b[2J\u202e',
    block: 'a\nI1123 forged\x1b[2J\r\u202e',
    list: ['\x9b', '\u2066'],
    err: new Error('\x7f'),
    long: '\x9b'.repeat(4_000_000),
  };
  const line = textLine({ ...entry, fields });
  assert.doesNotMatch(line.replace(/[\n\t]/g, ''), /[\p{Cc}\p{Cf}]/u);
  assert.match(line, /block=<\n\ta\n\tI1123 forged\\u001b\[2J\\r\\u202e\n >/);
  assert.ok(line.length < 200_000);
});
