import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupResources } from './resources.ts';
import { unitProperties } from './unit-properties.ts';

const infinity = (1n << 64n) - 1n;

const cases: [string, CgroupResources, Record<string, unknown>][] = [
  ['nothing', {}, {}],
  ['shares', { cpuShares: 1024 }, { CPUWeight: 100n }],
  [
    'quota',
    { cpuQuota: 25_000, cpuPeriod: 50_000 },
    { CPUQuotaPeriodUSec: 50_000n, CPUQuotaPerSecUSec: 500_000n },
  ],
  [
    'quota by the default period',
    { cpuQuota: 1 },
    { CPUQuotaPeriodUSec: 100_000n, CPUQuotaPerSecUSec: 10_000n },
  ],
  ['no quota', { cpuQuota: -1 }, { CPUQuotaPeriodUSec: 100_000n, CPUQuotaPerSecUSec: infinity }],
  ['memory', { memoryLimit: 4096n }, { MemoryMax: 4096n }],
  ['memory and swap', { memoryLimit: 4096, memorySwap: 8192 }, { MemoryMax: 4096n, MemorySwapMax: 4096n }],
  ['no memory limit', { memoryLimit: -1 }, { MemoryMax: infinity, MemorySwapMax: infinity }],
  ['pids', { pids: 5 }, { TasksMax: 5n }],
  ['no pids limit', { pids: -1 }, { TasksMax: infinity }],
  ['no task at all', { pids: 0 }, { TasksMax: 1n }],
  ['cpus', { cpusetCpus: '0-2,9' }, { AllowedCPUs: Uint8Array.of(7, 2) }],
  ['memory nodes', { cpusetMems: '0' }, { AllowedMemoryNodes: Uint8Array.of(1) }],
  [
    'unified',
    { unified: { 'memory.high': '8192', 'memory.min': 'max', 'io.weight': '5' } },
    { MemoryHigh: 8192n, MemoryMin: infinity },
  ],
  ['huge pages have no property', { hugepages: [{ pageSize: '2MB', limit: 0 }] }, {}],
];

for (const [name, resources, expected] of cases) {
  test(`limits as properties: ${name}`, () => {
    const values = Object.entries(unitProperties(resources)).map(([key, { value }]) => [key, value]);
    assert.deepEqual(Object.fromEntries(values), expected);
  });
}

test('a list of CPUs that is none is refused by name', () => {
  for (const list of ['3-1', 'a', '0,,1', '999999']) {
    assert.throws(() => unitProperties({ cpusetCpus: list }), /cpusetCpus/);
  }
});
