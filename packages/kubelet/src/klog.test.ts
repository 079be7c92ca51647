import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, formatLine, redirectLog, setVerbosity } from './klog.ts';

test('a line has klog’s columns', () => {
  const line = formatLine({
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

test('errors carry their causes and long texts become a block', () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line.replace(/^.*?\] /s, '')));
  const log = createLogger('a.ts');
  log.error('Failed', { err: new Error('pull', { cause: new Error('no such host') }), pod: 'a/b' });
  log.error('Failed', { err: 'one\ntwo' });
  log.v(2, 'hidden');
  setVerbosity(2);
  log.v(2, 'shown');
  setVerbosity(0);
  restore();
  assert.deepEqual(lines, [
    '"Failed" err="pull: no such host" pod="a/b"\n',
    '"Failed" err=<\n\tone\n\ttwo\n >\n',
    '"shown"\n',
  ]);
});
