import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capacityForPods } from './allocatable.ts';

test('pods see whole bytes, and parts of processors', () => {
  const allocatable = new Map([
    ['cpu', 1_850_000_000n],
    ['ephemeral-storage', 11_374_431_418n * 1_000_000_000n],
  ]);
  assert.deepEqual(capacityForPods(allocatable), {
    cpus: 1.85,
    memoryBytes: 0,
    ephemeralStorageBytes: 11_374_431_418,
  });
});
