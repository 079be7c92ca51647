import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { garbage } from './pod-garbage.ts';

const leftovers: [have: [string, string], want: string][] = [
  [['up', 'a:run'], ''],
  [['up', 'a:exit1'], ''],
  [['up', 'a:exit1 a:run'], ''],
  [['up', 'a:exit1 a:exit1'], 'a0'],
  [['up', 'a:exit1 a:exit1 a:run'], 'a0'],
  [['up', 'a:exit1 b:exit1 a:exit1 a:exit1 b:run'], 'a1 a0'],
  [['up', 'i:exit1 i:exit0 a:run'], 'i0'],
  [['down up', 'a:exit1@0 a:run@1'], ''],
  [['down up', 'a:exit1@0 a:exit1@1'], 'a0 s0'],
  [['down up', 'a:run@1'], 's0'],
  [['down down up', 'a:exit1@1 a:run@2'], 's0'],
  [['down', ''], ''],
  [['up', 'a:created'], ''],
  [['down up', 'a:created@0 a:run@1'], 'a0 s0'],
];
for (const [have, want] of leftovers) {
  test(`garbage of ${have.join(' / ')}: ${want || 'none'}`, () => {
    const { containers, sandboxIds } = garbage(runtimeStatus(...have));
    assert.equal([...containers.map((container) => container.id), ...sandboxIds].join(' '), want);
  });
}
