import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signal } from '@berth/cri/generated/api.ts';
import { criSignal, linuxSignal, stopSignal } from './stop-signal.ts';

test('every signal of CRI has a number, and leads back to itself or its synonym', () => {
  const synonyms = new Map<string, string>([
    ['SIGNAL_SIGCLD', 'SIGNAL_SIGCHLD'],
    ['SIGNAL_SIGIOT', 'SIGNAL_SIGABRT'],
    ['SIGNAL_SIGPOLL', 'SIGNAL_SIGIO'],
  ]);
  for (const [key, value] of Object.entries(Signal)) {
    if (value === Signal.SIGNAL_RUNTIME_DEFAULT) continue;
    const number = linuxSignal(value);
    assert.notEqual(number, undefined, key);
    const back = Object.entries(Signal).find(([, code]) => code === criSignal(number ?? 0))?.[0];
    assert.equal(back, synonyms.get(key) ?? key);
  }
});

const cases: [requested: Signal, image: string | undefined, expected: number][] = [
  [Signal.SIGNAL_RUNTIME_DEFAULT, undefined, 15],
  [Signal.SIGNAL_RUNTIME_DEFAULT, '', 15],
  [Signal.SIGNAL_RUNTIME_DEFAULT, 'SIGQUIT', 3],
  [Signal.SIGNAL_RUNTIME_DEFAULT, '9', 9],
  [Signal.SIGNAL_RUNTIME_DEFAULT, 'RTMIN+3', 37],
  [Signal.SIGNAL_RUNTIME_DEFAULT, 'nonsense', 15],
  [Signal.SIGNAL_SIGUSR1, 'SIGQUIT', 10],
  [Signal.SIGNAL_SIGRTMAXMINUS1, undefined, 63],
];
for (const [requested, image, expected] of cases) {
  test(`requested ${requested}, image ${image}`, () => assert.equal(stopSignal(requested, image), expected));
}
