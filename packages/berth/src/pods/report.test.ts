import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whatGoesOn } from './report.ts';

test('only what is retried goes on', () => {
  const [a, b, c] = [true, false, true].map((isRetried, index) => ({ name: `default/${index}`, isRetried }));
  assert.ok(a && b && c);
  assert.deepEqual(whatGoesOn([a, b, c]), [
    'The kubelet goes on trying: default/0, default/2',
    'Not started again without a change: default/1',
  ]);
  assert.deepEqual(whatGoesOn([b]), ['Not started again without a change: default/1']);
  assert.deepEqual(whatGoesOn([]), []);
});
