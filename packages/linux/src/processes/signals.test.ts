import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSignal, signalName } from './signals.ts';

const cases: [text: string, number: number | undefined][] = [
  ['SIGTERM', 15],
  ['TERM', 15],
  ['sigterm', 15],
  ['15', 15],
  [' SIGKILL ', 9],
  ['SIGWINCH', 28],
  ['SIGCLD', undefined],
  ['SIGRTMIN', 34],
  ['SIGRTMIN+3', 37],
  ['RTMIN+3', 37],
  ['SIGRTMAX', 64],
  ['SIGRTMAX-14', 50],
  ['SIGRTMAX+1', undefined],
  ['SIGRTMIN-1', undefined],
  ['0', undefined],
  ['65', undefined],
  ['64', 64],
  ['-9', undefined],
  ['', undefined],
  ['SIG', undefined],
  ['SIGFOO', undefined],
  ['9;', undefined],
];

for (const [text, number] of cases) {
  test(`signal ${JSON.stringify(text)}`, () => assert.equal(parseSignal(text), number));
}

test('signal names', () => {
  assert.deepEqual([1, 6, 15, 29, 34, 37, 64, 32, 65].map(signalName), [
    'SIGHUP',
    'SIGABRT',
    'SIGTERM',
    'SIGIO',
    'SIGRTMIN',
    'SIGRTMIN+3',
    'SIGRTMIN+30',
    undefined,
    undefined,
  ]);
});
