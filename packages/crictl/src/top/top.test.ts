import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '@berth/cri/generated/api.ts';
import { cut, cutLeft, widthOf } from '../output/width.ts';
import { restartsOf } from './read.ts';
import { age, bytes, firstScreen, onKey, render, type Screen, splitKeys, visibleRows } from './screen.ts';
import { type Row, rowsOf, type Usage } from './usage.ts';

function usage(name: string, more: Partial<Usage> = {}): Usage {
  return {
    id: name,
    kind: 'pod',
    name,
    cpuNanos: undefined,
    receivedBytes: undefined,
    sentBytes: undefined,
    workingSetBytes: undefined,
    limitBytes: undefined,
    pids: undefined,
    attempt: 0,
    createdAtNanos: 0n,
    ...more,
  };
}
const row = (name: string, cpuPercent?: number, more: Partial<Usage> = {}): Row => ({
  usage: usage(name, more),
  cpuPercent,
  receivedPerSecond: undefined,
  sentPerSecond: undefined,
});
const size = { columns: 80, lines: 24 };
const names = (screen: Screen) => visibleRows(screen).map((each) => each.usage.name);

test('CPU is the difference of two readings by their own timestamps', () => {
  const at = (seconds: bigint, value: bigint) =>
    usage('a', { cpuNanos: { atNanos: seconds * 1_000_000_000n, value } });
  const first = rowsOf([], [at(10n, 0n)]);
  assert.equal(first[0]?.cpuPercent, undefined);
  const second = rowsOf(first, [at(12n, 1_000_000_000n)]);
  assert.equal(second[0]?.cpuPercent?.toFixed(3), '50.000');
  assert.equal(
    rowsOf(second, [at(12n, 1_000_000_000n)])[0]?.cpuPercent?.toFixed(3),
    '50.000',
    'same reading',
  );
  assert.equal(rowsOf(second, [at(14n, 0n)])[0]?.cpuPercent, undefined, 'a counter that started anew');
});

const rows = [row('b', 1, { attempt: 3 }), row('a', 1), row('c', 9), row('d', 99, { kind: 'container' })];
const screen = { ...firstScreen, rows };
for (const [keys, expected] of [
  ['', ['c', 'a', 'b']],
  ['R', ['b', 'a', 'c']],
  ['r', ['b', 'a', 'c']],
  ['i', ['a', 'b', 'c']],
  ['t', ['d']],
  ['/b\r', ['b']],
  ['/bx\x7f\r', ['b']],
  ['/q', []],
  ['/b\x1b', ['c', 'a', 'b']],
] as const) {
  test(`rows after the keys ${JSON.stringify(keys)}`, () => {
    const after = splitKeys(keys).reduce<Screen>((state, key) => onKey(state, key, size), screen);
    assert.deepEqual(names(after), expected);
    assert.equal(after.quit, false);
  });
}

test('q and Ctrl-C quit, Ctrl-C also from the filter', () => {
  assert.equal(onKey(screen, 'q', size).quit, true);
  assert.equal(onKey({ ...screen, typing: true }, '\x03', size).quit, true);
});

test('scrolls no further than the last page', () => {
  const many = { ...firstScreen, rows: Array.from({ length: 30 }, (_, index) => row(`p${index}`)) };
  const down = (state: Screen, key: string) => onKey(state, key, size).offset;
  assert.deepEqual(splitKeys('\x1b[B\x1b[6~G\x1bOA'), ['\x1b[B', '\x1b[6~', 'G', '\x1b[A']);
  assert.deepEqual([down(many, 'j'), down(many, '\x1b[6~'), down(many, 'G')], [1, 9, 9]);
});

for (const [columns, lines] of [
  [80, 24],
  [40, 10],
  [20, 3],
  [5, 2],
  [200, 60],
  [1, 1],
] as const) {
  test(`fills ${columns}x${lines} and no more`, () => {
    const wide = { ...firstScreen, rows: [row('名前/ポッド'.repeat(9), 12.34), ...rows] };
    const text = render(wide, { columns, lines });
    assert.equal(text.length, lines);
    for (const line of text) assert.ok(widthOf(line) <= columns, `${widthOf(line)}: ${line}`);
  });
}

test('cells', () => {
  assert.equal(widthOf('名e\u0301'), 3);
  assert.equal(cut('名名', 3), '名 ');
  assert.equal(cut('a\x1b[2J', 5), 'a?[2J');
  assert.equal(cutLeft('default/web', 4), '…web');
});

test('bytes and ages', () => {
  assert.deepEqual([undefined, 0, 999, 1023, 1048576, 150 * 2 ** 20].map(bytes), [
    '-',
    '0B',
    '999B',
    '1.0K',
    '1.0M',
    '150M',
  ]);
  assert.deepEqual(
    [5, 60, 7200, 200_000].map((seconds) => age(0n, seconds * 1000)),
    ['5s', '1m', '2h', '2d'],
  );
});

test('restarts of a pod are those of its containers, running or not', () => {
  const container = (podSandboxId: string, name: string, attempt: number) =>
    Container.fromPartial({ podSandboxId, metadata: { name, attempt } });
  const containers = [
    container('a', 'app', 2),
    container('a', 'app', 3),
    container('a', 'side', 1),
    container('b', 'app', 0),
  ];
  assert.deepEqual(
    [...restartsOf(containers)],
    [
      ['a', 4],
      ['b', 0],
    ],
  );
});
