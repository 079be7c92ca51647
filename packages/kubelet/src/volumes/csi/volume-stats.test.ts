import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instant } from '../../stats/instant.ts';
import { statsOf } from './volume-stats.ts';

test('a driver tells bytes and inodes, or only some of it', () => {
  const time = Instant.ofMs(0);
  const none = {
    availableBytes: 0n,
    capacityBytes: 0n,
    usedBytes: 0n,
    inodesFree: 0n,
    inodes: 0n,
    inodesUsed: 0n,
  };
  assert.deepEqual(statsOf([], time), { time, ...none });
  const bytes = { unit: 1, total: 10n, used: 3n, available: 7n } as const;
  const inodes = { unit: 2, total: 20n, used: 6n, available: 14n } as const;
  const told = { ...none, availableBytes: 7n, capacityBytes: 10n, usedBytes: 3n };
  assert.deepEqual(statsOf([bytes], time), { time, ...told });
  assert.deepEqual(statsOf([inodes, bytes], time), {
    time,
    ...told,
    inodesFree: 14n,
    inodes: 20n,
    inodesUsed: 6n,
  });
});
