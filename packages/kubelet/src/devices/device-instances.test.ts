import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerAllocateResponse } from '../generated/device-plugin.ts';
import type { Allocation } from './allocations.ts';
import { allocatedInstances, healthyInstances } from './device-instances.ts';

const response = ContainerAllocateResponse.fromPartial({});

test('a device of several NUMA nodes is told with each of them', () => {
  const allocations = new Map<string, Allocation>([
    ['example.com/a', { deviceIds: { '-1': ['x', 'y'] }, response }],
    ['example.com/b', { deviceIds: { '0': ['z'], '1': ['z', 'v'] }, response }],
  ]);
  assert.deepEqual(
    allocatedInstances(allocations).map(({ resource, id, numaNode }) => [resource, id, numaNode]),
    [
      ['example.com/a', 'x', undefined],
      ['example.com/a', 'y', undefined],
      ['example.com/b', 'z', '0'],
      ['example.com/b', 'z', '1'],
      ['example.com/b', 'v', '1'],
    ],
  );
});

test('of what plugins list, healthy devices can be allocated', () => {
  const lists = new Map([
    [
      'example.com/a',
      new Map([
        ['x', { isHealthy: true, numaNodes: [] }],
        ['y', { isHealthy: false, numaNodes: [] }],
        ['z', { isHealthy: true, numaNodes: ['0', '1'] }],
      ]),
    ],
  ]);
  assert.deepEqual(
    healthyInstances(lists).map(({ id, numaNode }) => [id, numaNode]),
    [
      ['x', undefined],
      ['z', '0'],
      ['z', '1'],
    ],
  );
});
