import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allUnhealthy, countsOf, deviceHealth, deviceList, healthyIds, isSameHealth } from './device-list.ts';

const device = (ID: string, health = 'Healthy', nodes: bigint[] = []) => ({
  ID,
  health,
  topology: { nodes: nodes.map((node) => ({ ID: node })) },
});

test('all devices are capacity, and the healthy ones allocatable', () => {
  const list = deviceList([device('a'), device('b', 'Unhealthy'), device('c', ''), device('a')]);
  assert.deepEqual(countsOf(list), { capacity: 3, allocatable: 1 });
  assert.deepEqual([...healthyIds(list)], ['a']);
  assert.deepEqual(countsOf(allUnhealthy(list)), { capacity: 3, allocatable: 0 });
});

test('the health of the devices of a container', () => {
  const list = deviceList([device('a'), device('b', 'Unhealthy')]);
  assert.deepEqual(deviceHealth('r', ['a', 'b', 'c'], list), {
    name: 'r',
    resources: [
      { resourceID: 'a', health: 'Healthy' },
      { resourceID: 'b', health: 'Unhealthy' },
      { resourceID: 'c', health: 'Healthy' },
    ],
  });
});

test('NUMA nodes are kept once each', () => {
  const list = deviceList([
    device('a', 'Healthy', [1n, 0n, 1n]),
    { ID: 'b', health: '', topology: undefined },
  ]);
  assert.deepEqual(list.get('a')?.numaNodes, ['1', '0']);
  assert.deepEqual(list.get('b')?.numaNodes, []);
});

test('lists are the same when ids and health are', () => {
  const cases: [a: [string, string?][], b: [string, string?][], same: boolean][] = [
    [[], [], true],
    [[['a']], [['a']], true],
    [[['a']], [['b']], false],
    [[['a']], [['a'], ['b']], false],
    [[['a']], [['a', 'Unhealthy']], false],
  ];
  for (const [a, b, same] of cases) {
    const list = (entries: [string, string?][]) => deviceList(entries.map((entry) => device(...entry)));
    assert.equal(isSameHealth(list(a), list(b)), same);
  }
});

test('what a broken plugin lists is bounded', () => {
  assert.throws(
    () => deviceList(Array.from({ length: 20_001 }, (_, id) => device(String(id)))),
    /more than 20000/,
  );
  assert.throws(() => deviceList([device('x'.repeat(1025))]), /id of more than 1024 characters/);
  assert.throws(
    () =>
      deviceList([
        device(
          'a',
          '',
          Array.from({ length: 65 }, () => 0n),
        ),
      ]),
    /more than 64 NUMA/,
  );
});
