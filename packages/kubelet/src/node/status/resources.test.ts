import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameResources, nodeResources, withDevices } from './resources.ts';

const billion = 1_000_000_000n;
const facts = {
  capacity: new Map([
    ['cpu', 2n * billion],
    ['memory', 1024n ** 3n * billion],
    ['ephemeral-storage', 42_140_479_488n * billion],
    ['pid', 1000n * billion],
    ['hugepages-2Mi', 0n],
  ]),
  allocatable: new Map([
    ['cpu', 1_900_000_000n],
    ['memory', (1024n ** 3n - 100n) * billion],
    ['ephemeral-storage', 37_926_431_539n * billion],
    ['pid', 900n * billion],
    ['hugepages-2Mi', 0n],
  ]),
  maxPods: 110,
};

test('a new node', () => {
  assert.deepEqual(nodeResources({}, facts), {
    capacity: {
      cpu: '2',
      memory: '1Gi',
      'ephemeral-storage': '42140479488',
      'hugepages-2Mi': '0',
      pods: '110',
    },
    allocatable: {
      cpu: '1900m',
      memory: '1073741724',
      'ephemeral-storage': '37926431539',
      'hugepages-2Mi': '0',
      pods: '110',
    },
  });
});

test('resources of others stay, and extended ones that are no longer there go', () => {
  const before = {
    capacity: { cpu: '1', 'example.com/gpu': '4' },
    allocatable: { 'example.com/gpu': '3', 'example.com/old': '1', other: '5' },
  };
  const { capacity, allocatable } = nodeResources(before, facts);
  assert.equal(capacity.cpu, '2');
  assert.equal(capacity['example.com/gpu'], '4');
  assert.equal(allocatable['example.com/gpu'], '4');
  assert.equal(allocatable['example.com/old'], undefined);
  assert.equal(allocatable['other'], '5');
});

test('devices of plugins: all are capacity, and the healthy ones allocatable', () => {
  const before = { capacity: { 'a.com/x': '9' }, allocatable: { 'a.com/x': '9' } };
  const devices = new Map([
    ['a.com/x', { capacity: 2, allocatable: 1 }],
    ['a.com/y', { capacity: 0, allocatable: 0 }],
  ]);
  const { capacity, allocatable } = nodeResources(before, withDevices(facts, devices));
  assert.deepEqual([capacity['a.com/x'], allocatable['a.com/x']], ['2', '1']);
  assert.deepEqual([capacity['a.com/y'], allocatable['a.com/y']], ['0', '0']);
});

test('the same amounts', () => {
  assert.ok(isSameResources({ cpu: '1', memory: '1Ki' }, { memory: '1024', cpu: '1000m' }));
  assert.ok(isSameResources(undefined, {}));
  assert.ok(!isSameResources({ cpu: '1' }, { cpu: '2' }));
  assert.ok(!isSameResources({ cpu: '1' }, { memory: '1' }));
  assert.ok(!isSameResources({ cpu: '1' }, {}));
});
