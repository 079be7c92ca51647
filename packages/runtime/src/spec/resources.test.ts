import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, LinuxContainerResources } from '@berth/cri/generated/api.ts';
import type { LinuxResources } from '@berth/oci/runtime-spec/config.ts';
import type { Warn } from '../rpc/warn.ts';
import { linuxResources, oomScoreAdj, type ResourceFacts, refuseTooLittleMemory } from './resources.ts';

const v1: ResourceFacts = { cgroupVersion: 'v1', hugetlb: true, swapAccounting: true };
const resources = (
  request: DeepPartial<LinuxContainerResources>,
  host: Partial<ResourceFacts> = {},
  warn: Warn = assert.fail,
) => linuxResources(LinuxContainerResources.fromPartial(request), { ...v1, ...host }, { field: 'r', warn });

test('limits', () => {
  const table: [DeepPartial<LinuxContainerResources>, Partial<ResourceFacts>, LinuxResources][] = [
    [{}, {}, {}],
    [
      { cpuShares: 102n, cpuQuota: 10000n, cpuPeriod: 100000n },
      {},
      { cpu: { shares: 102, quota: 10000, period: 100000 } },
    ],
    [{ cpuQuota: -1n }, {}, {}],
    [{ cpuQuota: -5n }, { cgroupVersion: 'v2' }, { cpu: { quota: -1 } }],
    [
      { memoryLimitInBytes: 0x7ffffffffffff000n },
      { swapAccounting: false },
      { memory: { limit: Number.MAX_SAFE_INTEGER } },
    ],
    [{ cpuQuota: -1n }, { cgroupVersion: 'v2' }, { cpu: { quota: -1 } }],
    [{ cpusetCpus: '0-1', cpusetMems: '0' }, {}, { cpu: { cpus: '0-1', mems: '0' } }],
    [{ memoryLimitInBytes: 1000n }, {}, { memory: { limit: 1000, swap: 1000 } }],
    [{ memoryLimitInBytes: 1000n }, { swapAccounting: false }, { memory: { limit: 1000 } }],
    [
      { memoryLimitInBytes: 1000n, memorySwapLimitInBytes: 3000n },
      {},
      { memory: { limit: 1000, swap: 3000 } },
    ],
    [{ memoryLimitInBytes: 1000n, memorySwapLimitInBytes: -1n }, {}, { memory: { limit: 1000, swap: -1 } }],
    [
      { hugepageLimits: [{ pageSize: '2MB', limit: 0n }] },
      {},
      { hugepageLimits: [{ pageSize: '2MB', limit: 0 }] },
    ],
    [{ hugepageLimits: [{ pageSize: '2MB', limit: 0n }] }, { hugetlb: false }, {}],
    [{ unified: { 'memory.high': '1' } }, { cgroupVersion: 'v2' }, { unified: { 'memory.high': '1' } }],
  ];
  for (const [request, host, expected] of table) assert.deepEqual(resources(request, host), expected);
  assert.deepEqual(linuxResources(undefined, v1, { field: 'r', warn: assert.fail }), {});
});

test('limits that cannot be are refused by field', () => {
  const table: [DeepPartial<LinuxContainerResources>, Partial<ResourceFacts>, RegExp][] = [
    [{ cpuShares: -1n }, {}, /cpu_shares: -1 is out of range/],
    [{ memoryLimitInBytes: -2n }, {}, /memory_limit_in_bytes/],
    [{ memoryLimitInBytes: 10n, memorySwapLimitInBytes: 5n }, {}, /memory_swap_limit_in_bytes: 5 is less/],
  ];
  for (const [request, host, message] of table) assert.throws(() => resources(request, host), message);
});

test('limits that this host has no controller for are ignored by field, as by CRI-O', () => {
  const table: [DeepPartial<LinuxContainerResources>, Partial<ResourceFacts>, LinuxResources, RegExp][] = [
    [
      { hugepageLimits: [{ pageSize: '1GB', limit: 1n }] },
      { hugetlb: false },
      {},
      /^r\.hugepage_limits\[0\]: ignored: .*1GB/,
    ],
    [
      { unified: { 'memory.high': '1' } },
      { cgroupVersion: 'hybrid' },
      {},
      /^r\.unified: ignored: this host has cgroup hybrid/,
    ],
    [
      { memoryLimitInBytes: 10n, memorySwapLimitInBytes: 5n },
      { swapAccounting: false },
      { memory: { limit: 10 } },
      /^r\.memory_swap_limit_in_bytes: ignored: the kernel/,
    ],
    [
      { memorySwapLimitInBytes: 5n },
      {},
      {},
      /^r\.memory_swap_limit_in_bytes: ignored: there is no memory limit/,
    ],
  ];
  for (const [request, host, expected, warning] of table) {
    const warnings: string[] = [];
    const warn = (field: string, problem: string) => warnings.push(`${field}: ${problem}`);
    assert.deepEqual(resources(request, host, warn), expected);
    assert.match(warnings.join(), warning);
  }
});

test('oom_score_adj is clamped to what berthd may set', () => {
  const adjust = (value: bigint, minOomScoreAdj: number) =>
    oomScoreAdj(LinuxContainerResources.fromPartial({ oomScoreAdj: value }), { minOomScoreAdj });
  assert.equal(adjust(-997n, -1000), -997);
  assert.equal(adjust(-997n, 0), 0);
  assert.equal(adjust(1000n, 0), 1000);
  assert.equal(oomScoreAdj(undefined, { minOomScoreAdj: -1000 }), 0);
  assert.throws(() => adjust(1001n, 0), /oom_score_adj: 1001 is not between/);
});

test('a limit that the OCI runtime itself does not fit in', () => {
  for (const [limit, flavor] of [
    [undefined, 'runc'],
    [-1, 'runc'],
    [500 * 1024, 'crun'],
    [2 * 1024 ** 2, 'runc'],
    [1, 'other'],
  ] as const) {
    refuseTooLittleMemory(limit, flavor);
  }
  assert.throws(
    () => refuseTooLittleMemory(1024, 'crun'),
    /config\.linux\.resources\.memory_limit_in_bytes: set memory limit 1024 too low; should be at least 512000/,
  );
  assert.throws(() => refuseTooLittleMemory(1024 ** 2, 'runc', 'linux'), /^RuntimeError: linux\.memory/);
});
