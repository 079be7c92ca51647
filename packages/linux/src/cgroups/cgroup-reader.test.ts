import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CgroupReader } from './cgroup-reader.ts';
import { type CpuHistory, nanoCores, remember } from './cpu-rate.ts';
import type { CgroupUsage } from './usage.ts';

const second = 1_000_000_000n;
const milliseconds = (count: number): bigint => BigInt(count) * 1_000_000n;

test('the rate of CPU usage: over at least half a second, from the second sample on', () => {
  const samples: [atMs: number, usedMs: number, coresPercent: number | undefined][] = [
    [0, 100, undefined],
    [100, 150, undefined],
    [400, 200, undefined],
    [1000, 600, 50],
    [1100, 600, 45],
    [2000, 1600, 100],
    [12_000, 1600, 0],
    // Another cgroup of the same name.
    [13_000, 5, undefined],
    [14_000, 255, 25],
  ];
  let history: CpuHistory | undefined;
  for (const [atMs, usedMs, percent] of samples) {
    const sample = { at: milliseconds(atMs), used: milliseconds(usedMs) };
    history = remember(history, sample);
    const rate = nanoCores(history, sample);
    assert.equal(rate === undefined ? undefined : Number(rate / 10_000_000n), percent, `at ${atMs} ms`);
  }
});

test('a cgroup is read once per request, and forgotten when nobody asks', () => {
  let now = second;
  let reads = 0;
  const usage: CgroupUsage = {
    cpuNanoseconds: 0n,
    memoryBytes: 0n,
    workingSetBytes: 0n,
    rssBytes: 0n,
    pageFaults: 0n,
    majorPageFaults: 0n,
  };
  const reader = new CgroupReader(
    {
      usage: (path) => {
        if (path === '/gone') return undefined;
        reads += 1;
        return { ...usage, cpuNanoseconds: now / 2n };
      },
    },
    () => now,
  );
  assert.equal(reader.read('/gone'), undefined);
  assert.equal(reader.read('/a')?.nanoCores, undefined);
  now += second / 4n;
  assert.equal(reader.read('/a')?.at, second);
  assert.equal(reads, 1);
  now += second;
  reader.begin();
  assert.equal(reader.read('/a')?.nanoCores, second / 2n);
  assert.equal(reads, 2);
  now += second / 1000n;
  reader.begin();
  assert.equal(reader.read('/a')?.at, now);
  assert.equal(reads, 3);
  now += 200n * second;
  reader.begin();
  reader.read('/b');
  assert.equal(reader.read('/a')?.nanoCores, undefined);
});
