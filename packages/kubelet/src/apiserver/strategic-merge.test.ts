import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strategicMergePatch } from './strategic-merge.ts';

const keys = { 'status.conditions': 'type' };

test('fields that are new, changed and gone', () => {
  const cases: [before: object, after: object, patch: object][] = [
    [{ a: 1 }, { a: 1 }, {}],
    [{ a: 1 }, { a: 2, b: 'x' }, { a: 2, b: 'x' }],
    [{ a: 1, b: 2 }, { a: 1 }, { b: null }],
    [{ a: 1 }, { a: undefined }, { a: null }],
    [
      { metadata: { labels: { x: '1', y: '2' } } },
      { metadata: { labels: { x: '3' } } },
      { metadata: { labels: { x: '3', y: null } } },
    ],
    [{ a: { b: { c: 1 } } }, { a: { b: { c: 1 } } }, {}],
    [{ a: { b: 1 } }, { a: 'text' }, { a: 'text' }],
    [
      { images: [{ names: ['a'] }, { names: ['b'] }] },
      { images: [{ names: ['b'] }] },
      { images: [{ names: ['b'] }] },
    ],
  ];
  for (const [before, after, patch] of cases)
    assert.deepEqual(strategicMergePatch(before, after, keys), patch);
});

test('a list with a merge key tells what differs in its elements, and their order', () => {
  const of = (...conditions: object[]) => ({ status: { conditions } });
  const before = of({ type: 'A', status: 'True', at: 1 }, { type: 'B', status: 'False', at: 1 });
  const order = (...types: string[]) => ({ '$setElementOrder/conditions': types.map((type) => ({ type })) });
  const cases: [after: object, status: object | undefined][] = [
    [before, undefined],
    [
      of({ type: 'A', status: 'True', at: 2 }, { type: 'B', status: 'False', at: 1 }),
      { conditions: [{ type: 'A', at: 2 }], ...order('A', 'B') },
    ],
    [of({ type: 'B', status: 'False', at: 1 }, { type: 'A', status: 'True', at: 1 }), order('B', 'A')],
    [
      of({ type: 'C', status: 'True' }, { type: 'A', status: 'True' }),
      {
        conditions: [
          { type: 'C', status: 'True' },
          { type: 'A', at: null },
          { $patch: 'delete', type: 'B' },
        ],
        ...order('C', 'A'),
      },
    ],
    [
      of(),
      {
        conditions: [
          { $patch: 'delete', type: 'A' },
          { $patch: 'delete', type: 'B' },
        ],
      },
    ],
  ];
  for (const [after, status] of cases) {
    assert.deepEqual(strategicMergePatch(before, after, keys), status === undefined ? {} : { status });
  }
  assert.deepEqual(strategicMergePatch(of(), before, keys), before, 'an empty list takes all elements');
});
