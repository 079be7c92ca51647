import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupResources } from './resources.ts';
import { toV1Files } from './v1-files.ts';
import { cpuWeight, toV2Files } from './v2-files.ts';

interface Case {
  name: string;
  resources: CgroupResources;
  v1: string[] | RegExp;
  v2: string[] | RegExp;
}

const cases: Case[] = [
  { name: 'nothing', resources: {}, v1: [], v2: [] },
  {
    name: 'zeros mean unset',
    resources: { cpuShares: 0, cpuQuota: 0n, cpuPeriod: 0, memoryLimit: 0n, memorySwap: 0, cpusetCpus: '' },
    v1: [],
    v2: [],
  },
  { name: 'shares', resources: { cpuShares: 1024 }, v1: ['cpu.shares=1024'], v2: ['cpu.weight=100'] },
  {
    name: 'quota and period',
    resources: { cpuQuota: 50_000n, cpuPeriod: 100_000n },
    v1: ['cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=50000'],
    v2: ['cpu.max=50000 100000'],
  },
  {
    name: 'quota',
    resources: { cpuQuota: 50_000 },
    v1: ['cpu.cfs_quota_us=50000'],
    v2: ['cpu.max=50000 100000'],
  },
  { name: 'no quota', resources: { cpuQuota: -1 }, v1: ['cpu.cfs_quota_us=-1'], v2: ['cpu.max=max 100000'] },
  {
    name: 'period',
    resources: { cpuPeriod: 5000 },
    v1: ['cpu.cfs_period_us=5000'],
    v2: ['cpu.max=max 5000'],
  },
  {
    name: 'memory',
    resources: { memoryLimit: 1n << 30n },
    v1: ['memory.limit_in_bytes=1073741824'],
    v2: ['memory.max=1073741824'],
  },
  {
    name: 'no limit on memory frees swap too',
    resources: { memoryLimit: -1 },
    v1: ['memory.limit_in_bytes=-1', 'memory.memsw.limit_in_bytes=-1?'],
    v2: ['memory.swap.max=max?', 'memory.max=max'],
  },
  {
    name: 'memory without swap',
    resources: { memoryLimit: 100, memorySwap: 100n },
    v1: ['memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=100'],
    v2: ['memory.swap.max=0?', 'memory.max=100'],
  },
  {
    name: 'memory with some swap',
    resources: { memoryLimit: 100, memorySwap: 150 },
    v1: ['memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=150'],
    v2: ['memory.swap.max=50', 'memory.max=100'],
  },
  {
    name: 'memory with unlimited swap',
    resources: { memoryLimit: 100, memorySwap: -1 },
    v1: ['memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=-1'],
    v2: ['memory.swap.max=max?', 'memory.max=100'],
  },
  {
    name: 'swap without memory',
    resources: { memorySwap: 150 },
    v1: ['memory.memsw.limit_in_bytes=150'],
    v2: /memorySwap: .* memoryLimit is needed/,
  },
  {
    name: 'swap below memory',
    resources: { memoryLimit: 100, memorySwap: 50 },
    v1: ['memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=50'],
    v2: /memorySwap: 50 is less/,
  },
  {
    name: 'swap below the mark for no limit',
    resources: { memoryLimit: 100, memorySwap: -2 },
    v1: /memorySwap: -2/,
    v2: /memorySwap: -2/,
  },
  { name: 'pids', resources: { pids: 10n }, v1: ['pids.max=10'], v2: ['pids.max=10'] },
  { name: 'pids without limit', resources: { pids: -1 }, v1: ['pids.max=max'], v2: ['pids.max=max'] },
  {
    name: 'cpuset',
    resources: { cpusetCpus: '0-1', cpusetMems: '0' },
    v1: ['cpuset.cpus=0-1', 'cpuset.mems=0'],
    v2: ['cpuset.cpus=0-1', 'cpuset.mems=0'],
  },
  {
    name: 'huge pages',
    resources: { hugepages: [{ pageSize: '2MB', limit: 4194304 }] },
    v1: ['hugetlb.2MB.limit_in_bytes=4194304'],
    v2: ['hugetlb.2MB.max=4194304'],
  },
  {
    name: 'huge pages of a made-up size',
    resources: { hugepages: [{ pageSize: '../x', limit: 1 }] },
    v1: /hugepages: "\.\.\/x"/,
    v2: /hugepages: "\.\.\/x"/,
  },
  {
    name: 'files of cgroup v2',
    resources: { memoryLimit: 100, unified: { 'memory.high': '90', 'cpu.idle': '1' } },
    v1: /unified/,
    v2: ['memory.max=100', 'memory.high=90', 'cpu.idle=1'],
  },
  { name: 'no files of cgroup v2', resources: { unified: {} }, v1: [], v2: [] },
  {
    name: 'a path as a file',
    resources: { unified: { '../x.y': '1' } },
    v1: /unified/,
    v2: /unified: "\.\.\/x\.y"/,
  },
];

for (const { name, resources, v1, v2 } of cases) {
  for (const [version, convert, expected] of [
    ['v1', toV1Files, v1],
    ['v2', toV2Files, v2],
  ] as const) {
    test(`cgroup ${version} files: ${name}`, () => {
      const written = () =>
        convert(resources).map(({ file, value, optional }) => `${file}=${value}${optional ? '?' : ''}`);
      if (expected instanceof RegExp) assert.throws(written, expected);
      else assert.deepEqual(written(), expected);
    });
  }
}

for (const [shares, weight] of [
  [0, 1],
  [1, 1],
  [2, 1],
  [3, 2],
  [100, 17],
  [512, 59],
  [1024, 100],
  [2048, 174],
  [262_143, 10_000],
  [262_144, 10_000],
  [1_000_000, 10_000],
] as const) {
  test(`cpu.shares ${shares} are cpu.weight ${weight}`, () => assert.equal(cpuWeight(shares), weight));
}
