import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownTable } from './markdown-table.ts';

test('columns have the width of their widest cell, numbers are to the right, a bar is escaped', () => {
  const isNumber = (column: number) => column === 1;
  assert.equal(
    markdownTable(['name', ''], [['a|b', '1.5 ms'], ['c']], isNumber),
    '| name |        |\n| ---- | -----: |\n| a\\|b | 1.5 ms |\n| c    |        |',
  );
});
