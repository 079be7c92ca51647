import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executedIn, ran } from './coverage.ts';

const range = (startOffset: number, endOffset: number, count: number) => ({ startOffset, endOffset, count });

test('the innermost range of any process tells whether a place ran', () => {
  const module = { ranges: [range(0, 100, 1)] };
  const first = [module, { ranges: [range(10, 50, 3), range(20, 30, 0)] }, { ranges: [range(60, 80, 0)] }];
  const second = [module, { ranges: [range(10, 50, 0)] }, { ranges: [range(60, 80, 1)] }];
  const executed = executedIn(
    [
      {
        result: [
          { url: 'file:///tree/a.ts', functions: first },
          { url: 'node:fs', functions: [module] },
          { url: 'file:///elsewhere/b.ts', functions: [module] },
        ],
      },
      { result: [{ url: 'file:///tree/a.ts', functions: second }] },
    ],
    '/tree',
  );
  assert.deepEqual([...executed.keys()], ['a.ts']);
  const places: [offset: number, isRun: boolean][] = [
    [5, true],
    [10, true],
    [19, true],
    [20, false],
    [29, false],
    [30, true],
    [60, true],
    [99, true],
    [100, false],
  ];
  for (const [offset, isRun] of places) assert.equal(ran(executed, 'a.ts', offset), isRun, String(offset));
  assert.equal(ran(executed, 'b.ts', 5), false);
});
