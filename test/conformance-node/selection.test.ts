import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusPattern, selectSpecs } from './selection.ts';

const names = Array.from(
  { length: 40 },
  (_, index) => `[sig-node] Pods (${index % 2 ? 'odd' : 'even'}) ${index}`,
);
const specs = names.map((name) => ({ name, container: name }));

test('a selection has the specs with one of the texts in their names', () => {
  const selected = selectSpecs(specs, { focus: ['odd) 3', '20'], seed: 1 });
  assert.deepEqual(
    selected.toSorted(),
    [
      '[sig-node] Pods (even) 20',
      ...[3, 31, 33, 35, 37, 39].map((index) => `[sig-node] Pods (odd) ${index}`),
    ].toSorted(),
  );
});

test('a sample is drawn by its seed alone', () => {
  const draw = (seed: number) => selectSpecs(specs, { focus: [], sample: 8, seed });
  const inAnotherOrder = selectSpecs(specs.toReversed(), { focus: [], sample: 8, seed: 7 });
  assert.deepEqual(draw(7), inAnotherOrder);
  assert.notDeepEqual(draw(7), draw(8));
  assert.equal(new Set(draw(7)).size, 8);
  assert.equal(selectSpecs(specs, { focus: [], sample: 80, seed: 7 }).length, 40);
});

test('specs that may depend on each other are taken together', () => {
  const group = (container: string) =>
    ['a', 'b', 'c'].map((name) => ({ name: `${container} ${name}`, container }));
  const all = [...specs, ...group('Pods when started'), ...group('Pods')];
  const select = (focus: string) => selectSpecs(all, { focus: [focus], sample: 1, seed: 1 });
  assert.deepEqual(
    select('started b'),
    ['a', 'b', 'c'].map((name) => `Pods when started ${name}`),
  );
  assert.deepEqual(select('Pods b'), ['Pods b']);
});

test('the pattern matches the whole names alone', () => {
  const pattern = new RegExp(focusPattern(names.slice(0, 2)));
  assert.ok(pattern.test(`E2eNode Suite ${names[1]}`));
  assert.ok(!pattern.test(`E2eNode Suite ${names[10]}`));
});
