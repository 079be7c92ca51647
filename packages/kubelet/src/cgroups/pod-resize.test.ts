import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuResize, memoryResize, type PodResize, type PresentLimits } from './pod-resize.ts';
import type { CgroupLimits } from './pod-resources.ts';

const present: PresentLimits = { cpuShares: 512, cpuQuota: 50_000, memoryLimit: 64n };
const unlimited: PresentLimits = { cpuShares: 512, cpuQuota: undefined, memoryLimit: undefined };

const show = ({ before, after }: PodResize): string =>
  [before, after].map((list) => list.map((each) => Object.keys(each).join('+')).join(' ')).join(' | ');

const memory: [title: string, present: PresentLimits, wanted: Partial<CgroupLimits>, want: string][] = [
  ['grows', present, { memoryLimit: 128n }, 'memoryLimit | '],
  ['shrinks', present, { memoryLimit: 32n }, ' | memoryLimit'],
  ['stays', present, { memoryLimit: 64n }, ' | '],
  ['is limited for the first time', unlimited, { memoryLimit: 64n }, ' | memoryLimit'],
  ['is not limited any more, which does not work', present, {}, ' | '],
  ['slows down', present, { memoryLimit: 128n, unified: { 'memory.high': '1' } }, 'memoryLimit+unified | '],
];
for (const [title, now, wanted, want] of memory) {
  test(`memory ${title}`, () => {
    assert.equal(show(memoryResize(now, { cpuShares: 2, ...wanted })), want);
  });
}

const quota = (cpuQuota: number) => ({ cpuQuota, cpuPeriod: 100_000 });
const cpu: [title: string, present: PresentLimits, wanted: CgroupLimits, want: string][] = [
  ['grows', present, { cpuShares: 1024, ...quota(100_000) }, 'cpuQuota+cpuPeriod cpuShares | '],
  ['shrinks', present, { cpuShares: 256, ...quota(25_000) }, ' | cpuShares cpuQuota+cpuPeriod'],
  [
    'requests less, and may use more',
    present,
    { cpuShares: 256, ...quota(100_000) },
    'cpuQuota+cpuPeriod | cpuShares',
  ],
  ['requests more', present, { cpuShares: 1024 }, 'cpuShares | '],
  ['stays', present, { cpuShares: 512, ...quota(50_000) }, ' | '],
  ['is limited for the first time', unlimited, { cpuShares: 512, ...quota(50_000) }, ' | cpuQuota+cpuPeriod'],
  ['is not limited by quotas', present, { cpuShares: 512, ...quota(-1) }, 'cpuQuota+cpuPeriod | '],
];
for (const [title, now, wanted, want] of cpu) {
  test(`CPU ${title}`, () => {
    assert.equal(show(cpuResize(now, wanted)), want);
  });
}
