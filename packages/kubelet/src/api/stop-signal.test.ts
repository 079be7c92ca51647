import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signal } from '@berth/cri/generated/api.ts';
import { stopSignal, stopSignalNames } from './stop-signal.ts';

const cases: [name: string | undefined, signal: Signal][] = [
  [undefined, Signal.SIGNAL_RUNTIME_DEFAULT],
  ['SIGTERM', Signal.SIGNAL_SIGTERM],
  ['SIGRTMIN', Signal.SIGNAL_SIGRTMIN],
  ['SIGRTMIN+15', Signal.SIGNAL_SIGRTMINPLUS15],
  ['SIGRTMAX-14', Signal.SIGNAL_SIGRTMAXMINUS14],
];
for (const [name, signal] of cases) {
  test(`${name} is signal ${signal} of the CRI`, () => assert.equal(stopSignal(name), signal));
}

test('the API knows 65 signals on Linux', () => assert.equal(stopSignalNames.length, 65));
