import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultEvictionHard, reservedProblem, thresholdsProblem } from './reservation-settings.ts';

test('what can be reserved', () => {
  const cases: [Record<string, string>, string | undefined][] = [
    [{ cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi', pid: '100' }, undefined],
    [{ 'nvidia.com/gpu': '1' }, 'cannot reserve "nvidia.com/gpu" resource'],
    [{ cpu: 'x' }, 'failed to parse quantity "x" for "cpu" resource'],
    [{ cpu: '-1' }, 'resource quantity for "cpu" cannot be negative: -1'],
  ];
  for (const [reserved, problem] of cases) assert.equal(reservedProblem(reserved), problem);
});

test('thresholds of eviction', () => {
  const cases: [threshold: string, problem: string | undefined][] = [
    ['100Mi', undefined],
    ['0%', undefined],
    ['5.5%', undefined],
    ['x', 'failed to parse quantity "x" for memory.available'],
    ['x%', 'failed to parse "x%" for memory.available'],
    ['0', 'eviction threshold memory.available must be positive: 0'],
    ['-1%', 'eviction percentage threshold memory.available must be >= 0%: -1%'],
    ['101%', 'eviction percentage threshold memory.available must be <= 100%: 101%'],
  ];
  for (const [threshold, problem] of cases)
    assert.equal(thresholdsProblem({ 'memory.available': threshold }), problem);
  assert.equal(thresholdsProblem(defaultEvictionHard), undefined);
  assert.equal(thresholdsProblem({ 'disk.available': '1' }), 'unsupported eviction signal disk.available');
});
