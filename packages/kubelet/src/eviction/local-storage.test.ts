import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instant } from '../stats/instant.ts';
import type { PodStats } from '../stats/stats-api.ts';
import { testPod } from '../testing/pod.ts';
import { exceededLimit, hasStorageLimits } from './local-storage.ts';

const time = new Instant(0n);
const kibi = 1024n;

function statsOf(used: { volume?: bigint; pod?: bigint; layer?: bigint; logs?: bigint }): PodStats {
  const fs = (usedBytes = 0n) => ({ time, usedBytes });
  return {
    podRef: { name: 'p', namespace: 'default', uid: 'u' },
    startTime: time,
    containers: [{ name: 'c', startTime: time, rootfs: fs(used.layer), logs: fs(used.logs) }],
    volume: [{ name: 'v', ...fs(used.volume) }],
    'ephemeral-storage': fs(used.pod),
  };
}

const withVolume = (emptyDir: object) =>
  testPod({ containers: [{ name: 'c' }], volumes: [{ name: 'v', emptyDir }] });
const limits = { 'ephemeral-storage': '10Ki' };
const limited = testPod({
  containers: [
    { name: 'c', resources: { limits } },
    { name: 'd', resources: { limits } },
  ],
});

const cases: [
  name: string,
  pod: typeof limited,
  stats: PodStats,
  hasImageFs: boolean,
  message: string | undefined,
][] = [
  [
    'an emptyDir beyond its limit',
    withVolume({ sizeLimit: '1024' }),
    statsOf({ volume: kibi + 1n }),
    false,
    'Usage of EmptyDir volume "v" exceeds the limit "1024". ',
  ],
  ['an emptyDir at its limit', withVolume({ sizeLimit: '1Ki' }), statsOf({ volume: kibi }), false, undefined],
  ['an emptyDir without one', withVolume({}), statsOf({ volume: kibi }), false, undefined],
  [
    'one in memory',
    withVolume({ sizeLimit: '1Ki', medium: 'Memory' }),
    statsOf({ volume: 2n * kibi }),
    false,
    undefined,
  ],
  [
    'the pod beyond the limits of its containers',
    limited,
    statsOf({ pod: 20n * kibi + 1n }),
    false,
    'Pod ephemeral local storage usage exceeds the total limit of containers 20Ki. ',
  ],
  [
    'a container beyond its limit',
    limited,
    statsOf({ layer: 6n * kibi, logs: 5n * kibi }),
    false,
    'Container c exceeded its local ephemeral storage limit "10Ki". ',
  ],
  [
    'its layer on another file system does not count',
    limited,
    statsOf({ layer: 60n * kibi, logs: 5n * kibi }),
    true,
    undefined,
  ],
];
for (const [name, pod, stats, hasImageFs, message] of cases) {
  test(name, () => {
    assert.equal(exceededLimit(pod, stats, { hasImageFs })?.message, message);
  });
}

test('only pods with limits have to be measured', () => {
  assert.deepEqual(
    [limited, withVolume({ sizeLimit: '1Ki' }), withVolume({}), withVolume({ sizeLimit: '0' })].map(
      hasStorageLimits,
    ),
    [true, true, false, false],
  );
});
