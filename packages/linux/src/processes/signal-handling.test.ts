import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropsSignal, statusDropsSignal } from './signal-handling.ts';

const status = (nsPid: string, caught: string) =>
  `Name:\tsleep\nNStgid:\t${nsPid}\nNSpid:\t${nsPid}\nSigIgn:\t0000000000000000\nSigCgt:\t${caught}\n`;

test('the first process of a PID namespace drops signals that it does not catch', () => {
  for (const [nsPid, caught, signal, drops] of [
    ['4321\t1', '0000000000000000', 15, true],
    ['4321\t7\t1', '0000000000000000', 15, true],
    ['4321\t1', '0000000000004000', 15, false],
    ['4321\t1', '0000000000004000', 14, true],
    ['4321\t1', '8000000000000000', 64, false],
    ['4321\t2', '0000000000000000', 15, false],
    ['4321', '0000000000000000', 15, false],
    ['4321\t1', '0000000000000000', 9, false],
  ] as const) {
    assert.equal(statusDropsSignal(status(nsPid, caught), signal), drops, `${nsPid} ${caught} ${signal}`);
  }
});

test("handlers of runc's init are none of the program that it becomes", () => {
  const text = status('4321\t1', '0000000000004000');
  assert.equal(statusDropsSignal(text.replace('Name:\tsleep', 'Name:\trunc:[2:INIT]'), 15), true);
  assert.equal(statusDropsSignal(text.replace('Name:\tsleep', 'Name:\trunc:[2:INIT]'), 9), false);
});

test('a process that does not exist drops nothing', () => {
  assert.equal(dropsSignal(2 ** 22 + 1, 15), false);
});
