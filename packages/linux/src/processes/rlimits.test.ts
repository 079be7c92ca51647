import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLimits, parseRlimitType, RLIM_INFINITY, withinCeiling } from './rlimits.ts';

const limitsText = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max core file size        0                    unlimited            bytes     
Max open files            1024                 524288               files     
Max nice priority         0                    0                    
`;

test('limits', () => {
  assert.deepEqual(parseLimits(limitsText), [
    { type: 'RLIMIT_CPU', soft: RLIM_INFINITY, hard: RLIM_INFINITY },
    { type: 'RLIMIT_CORE', soft: 0n, hard: RLIM_INFINITY },
    { type: 'RLIMIT_NOFILE', soft: 1024n, hard: 524288n },
    { type: 'RLIMIT_NICE', soft: 0n, hard: 0n },
  ]);
});

for (const { name, soft, hard, expected } of [
  { name: 'below', soft: 5n, hard: 50n, expected: [5n, 50n] },
  { name: 'hard at it', soft: 60n, hard: 100n, expected: [60n, 100n] },
  { name: 'hard above', soft: 60n, hard: 1000n, expected: [60n, 100n] },
  { name: 'both above', soft: 1000n, hard: RLIM_INFINITY, expected: [100n, 100n] },
]) {
  test(`limit kept below a ceiling: ${name}`, () => {
    const kept = withinCeiling({ type: 'RLIMIT_NOFILE', soft, hard }, 100n);
    assert.deepEqual([kept.soft, kept.hard], expected);
  });
}

test('limit names', () => {
  assert.equal(parseRlimitType('nofile'), 'RLIMIT_NOFILE');
  assert.equal(parseRlimitType('RLIMIT_CORE'), 'RLIMIT_CORE');
  assert.equal(parseRlimitType('toString'), undefined);
});
