import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextPressure, noPressure, type PressureState } from './pressure.ts';
import type { Observations, Signal } from './thresholds/signals.ts';
import type { Threshold } from './thresholds/thresholds.ts';

const below = (signal: Signal, units: bigint, graceMs: number, reclaim?: bigint): Threshold => ({
  signal,
  value: { quantity: { nanos: units * 10n ** 9n, format: 'DecimalSI' } },
  graceMs,
  ...(reclaim !== undefined && {
    minReclaim: { quantity: { nanos: reclaim * 10n ** 9n, format: 'DecimalSI' as const } },
  }),
});
const soft = below('nodefs.available', 20n, 30_000);
const hard = below('nodefs.available', 10n, 0, 5n);
const memory = below('memory.available', 10n, 0);
const thresholds = [soft, hard, memory];

function left(disk: bigint, ram: bigint): Observations {
  return new Map<Signal, { available: bigint; capacity: bigint }>([
    ['nodefs.available', { available: disk, capacity: 100n }],
    ['memory.available', { available: ram, capacity: 100n }],
  ]);
}

/** The states after observations, one each ten seconds. */
function states(...observed: [disk: bigint, ram: bigint][]): PressureState[] {
  let state = noPressure;
  return observed.map(([disk, ram], index) => {
    const at = { thresholds, transitionMs: 25_000, now: index * 10_000 };
    state = nextPressure(state, left(disk, ram), at);
    return state;
  });
}

test('a soft threshold evicts after its grace period, and starts anew when it was not met', () => {
  const due = states([15n, 50n], [15n, 50n], [15n, 50n], [15n, 50n], [25n, 50n], [15n, 50n]).map((state) =>
    state.due.includes(soft),
  );
  assert.deepEqual(due, [false, false, false, true, false, false]);
});

test('a hard threshold evicts at once, and until its minimum is reclaimed', () => {
  const due = states([9n, 50n], [12n, 50n], [15n, 50n]).map((state) => state.due.includes(hard));
  assert.deepEqual(due, [true, true, false]);
});

test('memory goes before everything else', () => {
  assert.deepEqual(states([9n, 9n])[0]?.due, [memory, hard]);
});

test('a condition lasts until nothing was seen of it for the transition period', () => {
  const seen = states([15n, 50n], [25n, 50n], [25n, 50n], [25n, 50n]).map(({ pressures }) => pressures);
  assert.deepEqual(
    seen.map(({ disk }) => disk),
    [true, true, true, false],
  );
  assert.ok(seen.every((each) => !each.memory && !each.pid));
});
