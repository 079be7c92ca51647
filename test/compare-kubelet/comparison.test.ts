import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCase, compareFields } from './comparison.ts';
import type { Json } from './normalise.ts';

const paths = (real: Json, ours: Json) => compareFields('group: case', real, ours).map(({ path }) => path);

test('what differs is told by its path', () => {
  const table: { real: Json; ours: Json; expected: string[] }[] = [
    { real: { a: 1, b: [2] }, ours: { a: 1, b: [2] }, expected: [] },
    { real: { a: { b: 1 } }, ours: { a: { b: 2 } }, expected: ['a.b'] },
    { real: { a: [{ b: 1 }] }, ours: { a: [{ b: 1 }, { b: 2 }] }, expected: ['a[1]'] },
    { real: { a: 1 }, ours: { a: 1, b: null }, expected: ['b'] },
    { real: { status: 200 }, ours: { failed: 'refused' }, expected: [''] },
    { real: { a: ['x', 'y'] }, ours: { a: ['y', 'x'] }, expected: ['a (order)'] },
    { real: { a: {} }, ours: { a: { b: 1 } }, expected: ['a.b'] },
  ];
  for (const { real, ours, expected } of table) assert.deepEqual(paths(real, ours), expected);
});

test('of lists of texts only what one side lacks is told', () => {
  const [difference] = compareFields('n', { a: ['x', 'y', 'y'] }, { a: ['y', 'z', 'x'] });
  assert.deepEqual(difference, { name: 'n', path: 'a', real: ['y'], ours: ['z'] });
});

test('spans may differ by the tolerance', () => {
  const seconds = (value: number): Json => ({ '~seconds': value });
  assert.deepEqual(paths({ a: seconds(1) }, { a: seconds(11) }), []);
  assert.deepEqual(paths({ a: seconds(1) }, { a: seconds(12) }), ['a']);
  assert.deepEqual(paths({ a: seconds(3) }, { a: seconds(40) }), []);
  assert.deepEqual(paths({ a: seconds(1) }, { a: seconds(40) }), ['a']);
});

test('of some numbers ours may have fewer', () => {
  const most = (value: number): Json => ({ '~atMost': value });
  assert.deepEqual(paths({ a: most(3) }, { a: most(3) }), []);
  assert.deepEqual(paths({ a: most(3) }, { a: most(2) }), []);
  assert.deepEqual(paths({ a: most(3) }, {}), []);
  assert.deepEqual(paths({ a: most(3) }, { a: most(4) }), ['a']);
  assert.deepEqual(paths({}, { a: most(1) }), ['a']);
});

test('a pod that only one side runs is one difference', () => {
  const runs = { settled: { uid: 'u', pod: {} }, marks: 'none' };
  const refused = { settled: { none: 'spec.x: Forbidden' }, marks: 'none', gone: {} };
  assert.deepEqual(compareCase('n', runs, refused), [
    { name: 'n', path: 'pod', real: 'a pod', ours: 'spec.x: Forbidden' },
  ]);
  assert.deepEqual(
    compareCase('n', refused, { ...refused, settled: { none: 'other' } }).map(({ path }) => path),
    ['settled.none'],
  );
});
