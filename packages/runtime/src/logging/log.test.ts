import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, formatJson, formatLine } from './log.ts';

test('a line is logrus text: bare words stay bare, everything else is quoted', () => {
  const line = formatLine(new Date(0), 'info', 'Created "x"', {
    id: 'ab12',
    path: '/run/x',
    text: 'a b',
    none: undefined,
  });
  assert.equal(
    line,
    'time="1970-01-01T00:00:00.000Z" level=info msg="Created \\"x\\"" id=ab12 path=/run/x text="a b"',
  );
});

test('a line as JSON has the same keys', () => {
  const line = formatJson(new Date(0), 'info', 'Created "x"', {
    id: 'ab',
    size: 3n,
    none: undefined,
    level: 'x',
  });
  assert.deepEqual(JSON.parse(line), {
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    msg: 'Created "x"',
    id: 'ab',
    size: '3',
    'fields.level': 'x',
  });
});

test('a logger drops what is below its level and prints fields after the message', () => {
  const lines: string[] = [];
  const log = createLogger('warning', (line) => lines.push(line));
  log.info('no');
  log.error('yes', { container: 'c' });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /level=error msg=yes container=c\n$/);
  log.setLevel('info');
  log.info('now');
  assert.match(lines[1] ?? '', /level=info msg=now\n$/);
});

test('control characters, bidirectional overrides and megabytes from outside do not reach the log', () => {
  for (const format of ['text', 'json'] as const) {
    const lines: string[] = [];
    const log = createLogger('info', (line) => lines.push(line), format);
    log.info('a\n\x1b[2J\x9b31m\u202e', { path: '\x9b\x7f\u2066', long: '\x9b'.repeat(4_000_000) });
    const [line = ''] = lines;
    assert.match(line, /a\\n\\u001b\[2J\\u009b31m\\u202e/);
    assert.doesNotMatch(line.replace(/\n$/, ''), /[\p{Cc}\p{Cf}]/u);
    assert.ok(line.length < 200_000);
  }
});
