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
