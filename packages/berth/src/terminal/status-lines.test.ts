import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasColours, paint, type StatusLine, StatusLines, screenLines } from './status-lines.ts';

// Colours have tests of their own.
process.env['NO_COLOR'] = '1';

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
  lines.set('c', 'note', 'pod c\n\x1b[2J');
  lines.end();
  assert.deepEqual(written, [' ok  pod a\n', 'FAIL pod b\n', 'note pod c\\n\\u001b[2J\n']);
});

test('on a terminal lines are drawn over', () => {
  const { written, output } = record(true);
  const lines = new StatusLines(output);
  lines.set('a', 'wait', 'pulling');
  lines.set('b', 'ok', 'pod b');
  lines.set('a', 'ok', 'pod a');
  lines.end();
  assert.equal(written.at(-1), '\r\x1b[2A ok  pod a\x1b[K\n ok  pod b\x1b[K\n\x1b[J');
});

test('lines are cut to the width of the terminal, and wrapped at the end', () => {
  const { written, output } = record(true, 12);
  const lines = new StatusLines(output);
  lines.set('a', 'FAIL', 'pod a cannot start');
  assert.equal(written.at(-1), '\rFAIL pod a…\x1b[K\n\x1b[J');
  lines.end();
  assert.equal(written.at(-1), '\r\x1b[1AFAIL pod a\n     cannot\n     start\x1b[K\n\x1b[J');
});

const line = (mark: StatusLine['mark'], text: string): StatusLine => ({ mark, text });

for (const [what, lines, rows, expected] of [
  ['all fit', [line('ok', 'a'), line('wait', 'b')], 4, [' ok  a', '  *  b']],
  [
    'those that wait come first',
    [line('ok', 'a'), line('wait', 'b'), line('FAIL', 'c'), line('wait', 'd'), line('ok', 'e')],
    6,
    [' ok  a', '  *  b', '  *  d', '     and 1 ok, 1 FAIL'],
  ],
  [
    'more wait than fit',
    [line('wait', 'a'), line('wait', 'b'), line('wait', 'c'), line('ok', 'd')],
    5,
    ['  *  a', '  *  b', '     and 1 waiting, 1 ok'],
  ],
] as const) {
  test(`lines on a low screen: ${what}`, () =>
    assert.deepEqual(screenLines(lines, { columns: 40, rows }, '*'), expected));
}

const painted: [line: string, painted: string][] = [
  [' ok  x', '\x1b[32m ok \x1b[0m x'],
  ['FAIL x', '\x1b[31mFAIL\x1b[0m x'],
  ['warn x', '\x1b[33mwarn\x1b[0m x'],
  ['note x', 'note x'],
  [' ..  x', ' ..  x'],
];
for (const [plain, inColour] of painted) {
  test(`${plain} in colour`, () => {
    delete process.env['NO_COLOR'];
    process.env['TERM'] = 'xterm';
    try {
      assert.equal(paint(plain, record(true).output), inColour);
      assert.equal(paint(plain, record(false).output), plain);
    } finally {
      process.env['NO_COLOR'] = '1';
    }
  });
}

const environments: [env: NodeJS.ProcessEnv, isTTY: boolean, colours: boolean][] = [
  [{}, true, true],
  [{ NO_COLOR: '' }, true, true],
  [{ NO_COLOR: '1' }, true, false],
  [{ TERM: 'dumb' }, true, false],
  [{}, false, false],
];
for (const [env, isTTY, colours] of environments) {
  test(`colours with ${JSON.stringify(env)}, terminal ${isTTY}: ${colours}`, () => {
    assert.equal(hasColours(record(isTTY).output, env), colours);
  });
}
