import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProcessStat } from './process.ts';

const tail =
  'S 1 1200 1100 0 -1 4194560 100 0 0 0 7 9 0 0 20 0 3 0 54321 1000 10 18446744073709551615 0 0 0 0 0 0 0';

for (const [command, text] of [
  ['sleep', `1234 (sleep) ${tail}`],
  ['a b) (c', `1234 (a b) (c) ${tail}`],
  [') R 1 1 1', `1234 () R 1 1 1) ${tail}`],
] as const) {
  test(`process stat of ${JSON.stringify(command)}`, () => {
    assert.deepEqual(parseProcessStat(`${text}\n`), {
      pid: 1234,
      command,
      state: 'S',
      ppid: 1,
      processGroup: 1200,
      session: 1100,
      threads: 3,
      userTicks: 7,
      systemTicks: 9,
      startTime: 54321,
    });
  });
}
