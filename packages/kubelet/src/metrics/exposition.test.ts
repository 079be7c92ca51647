import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition, goNumber, labelText } from './exposition.ts';

test('numbers as Go prints them', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [999_999, '999999'],
    [1e6, '1e+06'],
    [1_234_567.25, '1.23456725e+06'],
    [1e21, '1e+21'],
    [1e100, '1e+100'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ];
  for (const [value, text] of cases) assert.equal(goNumber(value), text);
});

test('families sorted by name, none without series', () => {
  const text = exposition([
    {
      name: 'b',
      help: 'two\nlines',
      type: 'counter',
      samples: [{ labels: labelText({ x: 1 }), value: 2, at: 3 }],
    },
    { name: 'empty', help: '', type: 'gauge', samples: [] },
    { name: 'a', help: 'A.', type: 'histogram', samples: [{ suffix: '_sum', labels: '', value: 4 }] },
  ]);
  assert.equal(
    text,
    '# HELP a A.\n# TYPE a histogram\na_sum 4\n# HELP b two\\nlines\n# TYPE b counter\nb{x="1"} 2 3\n',
  );
});

test('a label cannot leave its quotes', () => {
  assert.equal(labelText({ a: '"}\n\\', b: 'c' }), 'a="\\"}\\n\\\\",b="c"');
});
