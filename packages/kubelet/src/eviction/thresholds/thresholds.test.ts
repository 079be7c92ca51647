import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatQuantity } from '@berth/common/quantity.ts';
import type { Observations, Signal } from './signals.ts';
import { amountOf, metThresholds, parseThresholds, type Threshold, withContainerFs } from './thresholds.ts';

const none = { evictionHard: {}, evictionSoft: {}, evictionSoftGracePeriod: {}, evictionMinimumReclaim: {} };

/** `SIGNAL AMOUNT GRACE RECLAIM` of each, of a capacity of 1000 Mi. */
function lines(thresholds: readonly Threshold[]): string[] {
  const amount = (value: Threshold['value']): string => formatQuantity(amountOf(value, 1000n * 2n ** 20n));
  return thresholds.map(({ signal, value, graceMs, minReclaim }) =>
    [signal, amount(value), graceMs, ...(minReclaim ? [amount(minReclaim)] : [])].join(' '),
  );
}

test('thresholds have grace periods and what is to be reclaimed; memory of all pods has that of the node', () => {
  const settings = {
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%', 'imagefs.available': '0%' },
    evictionSoft: { 'memory.available': '200Mi' },
    evictionSoftGracePeriod: { 'memory.available': '1m30s' },
    evictionMinimumReclaim: { 'memory.available': '50Mi', 'nodefs.available': '5%' },
  };
  assert.deepEqual(lines(parseThresholds(settings, false)), [
    'memory.available 100Mi 0 50Mi',
    // A share is kept in 32 bits.
    'nodefs.available 104857601 0 50Mi',
    'memory.available 200Mi 90000 50Mi',
  ]);
  assert.deepEqual(lines(parseThresholds(settings, true)).slice(3), [
    'allocatableMemory.available 100Mi 0 50Mi',
  ]);
});

test('a soft threshold without a grace period, and an unknown signal, are refused', () => {
  const soft = { ...none, evictionSoft: { 'pid.available': '10' } };
  assert.throws(
    () => parseThresholds(soft, false),
    /grace period must be specified for the soft .* pid\.available/,
  );
  const unknown = { ...none, evictionHard: { 'disk.available': '10' } };
  assert.throws(() => parseThresholds(unknown, false), /unsupported eviction signal disk\.available/);
});

const given = parseThresholds(
  {
    ...none,
    evictionHard: {
      'nodefs.available': '1Mi',
      'nodefs.inodesFree': '5',
      'imagefs.available': '2Mi',
      'containerfs.available': '3Mi',
    },
  },
  false,
);
const layouts: [name: string, layout: { hasImageFs: boolean; hasContainerFs: boolean }, added: string[]][] = [
  [
    'all on one',
    { hasImageFs: false, hasContainerFs: false },
    ['containerfs.available 1Mi 0', 'containerfs.inodesFree 5 0'],
  ],
  [
    'images and containers on another',
    { hasImageFs: true, hasContainerFs: false },
    ['containerfs.available 2Mi 0'],
  ],
  [
    'images on another',
    { hasImageFs: true, hasContainerFs: true },
    ['containerfs.available 1Mi 0', 'containerfs.inodesFree 5 0'],
  ],
];
for (const [name, layout, added] of layouts) {
  test(`thresholds of containers' file system: ${name}`, () => {
    assert.deepEqual(lines(withContainerFs(given, layout)).slice(3), added);
  });
}

const memory: Threshold = {
  signal: 'memory.available',
  value: { quantity: { nanos: 100n * 10n ** 9n, format: 'BinarySI' } },
  graceMs: 0,
  minReclaim: { share: 0.5 },
};
const seen = (available: bigint): Observations =>
  new Map<Signal, { available: bigint; capacity: bigint }>([
    ['memory.available', { available, capacity: 40n }],
  ]);
const cases: [available: bigint, reclaiming: boolean, isMet: boolean][] = [
  [99n, false, true],
  [100n, false, false],
  [119n, true, true],
  [120n, true, false],
];
for (const [available, reclaiming, isMet] of cases) {
  test(`${available} of 100 left, ${reclaiming ? 'reclaiming' : 'first'}: ${isMet ? 'met' : 'not met'}`, () => {
    assert.equal(metThresholds([memory], seen(available), { reclaiming }).length === 1, isMet);
  });
}

test('what is not observed meets no threshold', () => {
  assert.deepEqual(metThresholds([memory], new Map(), { reclaiming: false }), []);
});
