import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, LinuxContainerResources } from '@berth/cri/generated/api.ts';
import { mergeResources } from './merge-resources.ts';

type Resources = DeepPartial<LinuxContainerResources>;

const full: Resources = {
  cpuPeriod: 100_000n,
  cpuQuota: 20_000n,
  cpuShares: 512n,
  memoryLimitInBytes: 64n,
  memorySwapLimitInBytes: 96n,
  oomScoreAdj: 900n,
  cpusetCpus: '0',
  cpusetMems: '0',
  hugepageLimits: [
    { pageSize: '2MB', limit: 2n },
    { pageSize: '1GB', limit: 0n },
  ],
  unified: { 'memory.high': '50', 'cpu.idle': '0' },
};

const cases: [name: string, before: Resources | undefined, update: Resources, after: Resources][] = [
  ['nothing was said before', undefined, full, full],
  ['nothing is said now', full, {}, full],
  ['everything is said', { cpuShares: 1n }, full, full],
  ['a quota is lifted', full, { cpuQuota: -1n }, { ...full, cpuQuota: -1n }],
  [
    'memory without swap means no swap, whatever held before',
    full,
    { memoryLimitInBytes: 128n },
    { ...full, memoryLimitInBytes: 128n, memorySwapLimitInBytes: 0n },
  ],
  ['swap alone', full, { memorySwapLimitInBytes: 70n }, { ...full, memorySwapLimitInBytes: 70n }],
  [
    'page sizes and unified files one by one',
    full,
    { hugepageLimits: [{ pageSize: '2MB', limit: 4n }], unified: { 'memory.high': 'max' } },
    {
      ...full,
      hugepageLimits: [
        { pageSize: '1GB', limit: 0n },
        { pageSize: '2MB', limit: 4n },
      ],
      unified: { 'memory.high': 'max', 'cpu.idle': '0' },
    },
  ],
];

for (const [name, before, update, after] of cases) {
  test(`merging resources: ${name}`, () => {
    const merged = mergeResources(
      before && LinuxContainerResources.fromPartial(before),
      LinuxContainerResources.fromPartial(update),
    );
    assert.deepEqual(merged, LinuxContainerResources.fromPartial(after));
  });
}
