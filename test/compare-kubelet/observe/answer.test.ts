import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricFamilies, reducedBody, structureOf } from './answer.ts';

test('a structure has the types of all places', () => {
  assert.deepEqual(structureOf('{"a":[{"b":1},{"b":"x","c":null}]}'), {
    '.a[].b': 'number|string',
    '.a[].c': 'null',
  });
  assert.deepEqual(structureOf('not found\n'), ['not found', '']);
});

test('metrics have their type and labels', () => {
  const text = `# HELP a_seconds How long.
# TYPE a_seconds histogram
a_seconds_bucket{path="/x, \\"y\\"",le="1"} 3
a_seconds_sum{path="/"} 1
b 2
`;
  assert.deepEqual(metricFamilies(text), {
    a_seconds: { type: 'histogram', labels: ['le', 'path'] },
    b: { type: '', labels: [] },
  });
});

test('a text that is JSON is compared by its fields', () => {
  assert.deepEqual(reducedBody('{"a":1}', 'text'), { a: 1 });
  assert.deepEqual(reducedBody('[broken', 'text'), ['[broken']);
  assert.equal(reducedBody('anything', 'none'), null);
});
