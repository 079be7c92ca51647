import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linuxResources } from './linux-resources.ts';

test('limits are told in the words of the CRI', () => {
  const flags = {
    'cpu-count': 1n,
    'cpu-maximum': 2n,
    'cpu-period': 3n,
    'cpu-quota': 4n,
    'cpu-share': 5n,
    memory: 6n,
    'cpuset-cpus': '0-1',
    'cpuset-mems': '0',
    'oom-score-adj': '',
  };
  const limits = {
    cpuPeriod: 3n,
    cpuQuota: 4n,
    cpuShares: 5n,
    memoryLimitInBytes: 6n,
    cpusetCpus: '0-1',
    cpusetMems: '0',
  };
  const scores: [string, bigint][] = [
    ['', 0n],
    ['-999', -999n],
    ['500', 500n],
  ];
  for (const [score, oomScoreAdj] of scores) {
    assert.deepEqual(linuxResources({ ...flags, 'oom-score-adj': score }), { ...limits, oomScoreAdj });
  }
  assert.throws(
    () => linuxResources({ ...flags, 'oom-score-adj': 'much' }),
    /invalid value "much" for flag -oom-score-adj: parse error/,
  );
});
