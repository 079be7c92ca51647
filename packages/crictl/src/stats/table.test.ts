import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerStats, PodSandboxStats } from '@berth/cri/generated/api.ts';
import { byId, containerTable, podTable } from './table.ts';

interface Told {
  id?: string;
  atSeconds?: number;
  cpuSeconds?: number;
  memory?: number;
}

const attributes = (id = 'a1') => ({ id, metadata: { name: `name-${id}`, attempt: 0 } });

function usage({ atSeconds = 0, cpuSeconds = 0, memory = 0 }: Told) {
  const timestamp = BigInt(atSeconds * 1e9);
  return {
    cpu: { timestamp, usageCoreNanoSeconds: { value: BigInt(cpuSeconds * 1e9) } },
    memory: { timestamp, workingSetBytes: { value: BigInt(memory) } },
  };
}

const container = (told: Told, more = {}) =>
  ContainerStats.fromPartial({ attributes: attributes(told.id), ...usage(told), ...more });

const pod = (told: Told, os: 'linux' | 'windows' = 'linux') =>
  PodSandboxStats.fromPartial({
    attributes: attributes(told.id),
    ...(os === 'linux' ? { linux: usage(told) } : { windows: usage(told) }),
  });

test('a container has its share of one core between the samples, and sizes', () => {
  const before = [container({ atSeconds: 10, cpuSeconds: 1 })];
  const cases: [string, ContainerStats, string[]][] = [
    ['a quarter', container({ atSeconds: 12, cpuSeconds: 1.5 }), ['25.00', '0B', '0B', '0', '0B']],
    ['two cores', container({ atSeconds: 11, cpuSeconds: 3 }), ['200.00', '0B', '0B', '0', '0B']],
    [
      'sizes',
      container(
        { atSeconds: 11, cpuSeconds: 1, memory: 12_345_678 },
        {
          writableLayer: { usedBytes: { value: 4096n }, inodesUsed: { value: 7n } },
          swap: { swapUsageBytes: { value: 1000n } },
        },
      ),
      ['0.00', '12.35MB', '4.096kB', '7', '1kB'],
    ],
  ];
  for (const [what, now, cells] of cases) {
    const [, row] = containerTable(before, [now], { all: false });
    assert.deepEqual(row, ['a1', 'name-a1', ...cells], what);
  }
});

test('what is new or does not run has no row', () => {
  const idle = container({ id: 'idle' });
  const running = container({ id: 'running', atSeconds: 1, cpuSeconds: 1 });
  const later = container({ id: 'running', atSeconds: 2, cpuSeconds: 1 });
  const names = (before: ContainerStats[], now: ContainerStats[], all: boolean) =>
    containerTable(before, now, { all })
      .slice(1)
      .map(([id]) => id);
  assert.deepEqual(names([idle, running], [idle, later], false), ['running']);
  assert.deepEqual(names([idle, running], [idle, later], true), ['idle', 'running']);
  assert.deepEqual(names([], [idle, later], true), []);
  const podIds = (before: PodSandboxStats[], now: PodSandboxStats[]) =>
    podTable(before, now)
      .slice(1)
      .map(([, id]) => id);
  assert.deepEqual(podIds([pod({})], [pod({}), pod({ id: 'b2', cpuSeconds: 1 })]), []);
});

test('pods of both systems are told, and no pod of two', () => {
  for (const os of ['linux', 'windows'] as const) {
    const before = [pod({ atSeconds: 1, cpuSeconds: 1 }, os)];
    const [, row] = podTable(before, [pod({ atSeconds: 5, cpuSeconds: 2, memory: 2048 }, os)]);
    assert.deepEqual(row, ['name-a1', 'a1', '25.00', '2.048kB']);
  }
  const both = PodSandboxStats.fromPartial({ attributes: attributes(), linux: {}, windows: {} });
  assert.throws(() => podTable([both], [both]), /pod "a1" has both linux and windows stats/);
});

test('two samples of the same moment tell nothing', () => {
  const same = container({ atSeconds: 1, cpuSeconds: 1 });
  assert.throws(
    () => containerTable([same], [same], { all: false }),
    /^Error: cpu stat is not updated during sample$/,
  );
});

test('the order is that of ids', () => {
  const ids = byId({ stats: [container({ id: 'b' }), container({ id: 'a' })] }).stats;
  assert.deepEqual(
    ids.map(({ attributes }) => attributes?.id),
    ['a', 'b'],
  );
});
