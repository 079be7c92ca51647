import assert from 'node:assert/strict';
import { test } from 'node:test';
import { v1Limits, v2Limits } from './limits.ts';

const reader =
  (files: Record<string, string>) =>
  (_controller: string, file: string): string | undefined =>
    files[file];

test('limits of v1', () => {
  const files = {
    'cpu.shares': '512',
    'cpu.cfs_period_us': '100000',
    'cpu.cfs_quota_us': '50000',
    'memory.limit_in_bytes': '67108864',
    'memory.memsw.limit_in_bytes': '134217728',
    'memory.soft_limit_in_bytes': '9223372036854771712',
  };
  assert.deepEqual(v1Limits(reader(files)), {
    cpuShares: 512n,
    cpuPeriodMicroseconds: 100_000n,
    cpuQuotaMicroseconds: 50_000n,
    memoryBytes: 67_108_864n,
    swapBytes: 134_217_728n,
  });
  const unlimited = {
    'cpu.shares': '2',
    'cpu.cfs_quota_us': '-1',
    'memory.limit_in_bytes': '9223372036854771712',
  };
  assert.deepEqual(v1Limits(reader(unlimited)), {
    cpuShares: 2n,
    cpuPeriodMicroseconds: 0n,
    swapBytes: 0n,
    reservedBytes: 0n,
  });
  assert.equal(v1Limits(reader({})), undefined);
});

test('limits of v2', () => {
  const files = {
    'cpu.weight': '100',
    'cpu.max': '50000 100000',
    'memory.max': '67108864',
    'memory.swap.max': '0',
    'memory.min': '1024',
  };
  assert.deepEqual(v2Limits(reader(files)), {
    cpuShares: 2597n,
    cpuPeriodMicroseconds: 100_000n,
    cpuQuotaMicroseconds: 50_000n,
    memoryBytes: 67_108_864n,
    swapBytes: 0n,
    reservedBytes: 1024n,
  });
  const unlimited = {
    'cpu.weight': '10000',
    'cpu.max': 'max 100000',
    'memory.max': 'max',
    'memory.swap.max': 'max',
  };
  assert.deepEqual(v2Limits(reader(unlimited)), {
    cpuShares: 262_144n,
    cpuPeriodMicroseconds: 100_000n,
    reservedBytes: 0n,
  });
  assert.equal(v2Limits(reader({})), undefined);
});
