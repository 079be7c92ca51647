import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signal } from '@berth/cri/generated/api.ts';
import { reportedResources, reportedStopSignal, reportedUser } from './reported-settings.ts';

const nothing = { user: undefined, resources: undefined, stopSignal: Signal.SIGNAL_RUNTIME_DEFAULT };

test('a runtime that reports nothing leaves everything open', () => {
  assert.deepEqual(
    { ...reportedUser(nothing), ...reportedResources(nothing), ...reportedStopSignal(nothing) },
    {},
  );
});

test('a user has numbers', () => {
  const linux = { uid: 1000n, gid: 0n, supplementalGroups: [0n, 7n] };
  assert.deepEqual(reportedUser({ ...nothing, user: { linux } }), {
    user: { uid: 1000, gid: 0, supplementalGroups: [0, 7] },
  });
});

const limits: [quota: bigint, period: bigint, shares: bigint, memory: bigint, reported: object][] = [
  [50_000n, 100_000n, 102n, 1024n, { cpuRequest: 100, cpuLimit: 500, memoryLimitBytes: 1024n }],
  [-1n, 100_000n, 2n, 0n, { cpuRequest: 2, cpuLimit: undefined, memoryLimitBytes: undefined }],
  [0n, 0n, 0n, 0n, { cpuRequest: undefined, cpuLimit: undefined, memoryLimitBytes: undefined }],
];
for (const [cpuQuota, cpuPeriod, cpuShares, memoryLimitInBytes, reported] of limits) {
  test(`a quota of ${cpuQuota} in ${cpuPeriod}, ${cpuShares} shares and ${memoryLimitInBytes} bytes`, () => {
    const linux = {
      cpuQuota,
      cpuPeriod,
      cpuShares,
      memoryLimitInBytes,
      oomScoreAdj: 0n,
      cpusetCpus: '',
      cpusetMems: '',
      hugepageLimits: [],
      unified: {},
      memorySwapLimitInBytes: 0n,
    };
    const resources = { linux, windows: undefined };
    assert.deepEqual(reportedResources({ ...nothing, resources }), { resources: reported });
  });
}

test('a signal has its name of the API', () => {
  assert.deepEqual(reportedStopSignal({ ...nothing, stopSignal: Signal.SIGNAL_SIGTERM }), {
    stopSignal: 'SIGTERM',
  });
  assert.deepEqual(reportedStopSignal({ ...nothing, stopSignal: Signal.SIGNAL_SIGRTMINPLUS3 }), {
    stopSignal: 'SIGRTMIN+3',
  });
});
