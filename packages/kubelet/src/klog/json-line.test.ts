import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonLine } from './json-line.ts';
import type { LogEntry } from './log-entry.ts';

const base: LogEntry = {
  severity: 'I',
  level: 0,
  time: new Date(1_796_079_611_618),
  pid: 1,
  name: 'worker.ts',
  message: 'm',
  fields: {},
};

test('a line has the keys of the real kubelet in its order', () => {
  const cases: [Partial<LogEntry>, string][] = [
    [{}, '"msg":"m","v":0'],
    [
      { level: 2, fields: { a: 1, b: 'x"', c: true, d: undefined, e: [1, 'a'], f: null, g: 12n } },
      '"msg":"m","v":2,"a":1,"b":"x\\"","c":true,"e":[1,"a"],"f":null,"g":12',
    ],
    [{ severity: 'W', fields: { err: new Error('e'), a: 1 } }, '"msg":"m","v":0,"err":"e","a":1'],
    [{ severity: 'E', fields: { err: new Error('e'), a: 1 } }, '"msg":"m","a":1,"err":"e"'],
    [{ severity: 'E', fields: { a: 1 } }, '"msg":"m","a":1'],
    [{ fields: { pod: 'default/web' } }, '"msg":"m","v":0,"pod":{"name":"web","namespace":"default"}'],
    [{ fields: { pod: 'web' } }, '"msg":"m","v":0,"pod":"web"'],
  ];
  for (const [entry, expected] of cases) {
    assert.equal(
      jsonLine({ ...base, ...entry }),
      `{"ts":1796079611618,"caller":"worker.ts:1",${expected}}\n`,
    );
  }
});

test('what comes from outside leaves a line that is JSON, and short', () => {
  const fields = {
    one: '\x1b[2J\u202e\x9b',
    list: ['\x9b', '\u2066'],
    block: 'a\nI1123 forged',
    long: { text: 'x'.repeat(100_000) },
    number: Number.NaN,
    'key"': new Error('\x7f'),
  };
  const line = jsonLine({ ...base, fields });
  assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}]/u);
  assert.ok(line.length < 40_000);
  const parsed = JSON.parse(line);
  assert.equal(parsed.one, fields.one);
  assert.deepEqual(parsed.list, fields.list);
  assert.equal(parsed.block, fields.block);
  assert.equal(parsed['key"'], '\x7f');
});
