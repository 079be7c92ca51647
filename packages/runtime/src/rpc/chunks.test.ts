import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkSize, inChunks } from './chunks.ts';

test('every item once and in order, no empty message', async () => {
  for (const [count, lengths] of [
    [0, []],
    [1, [1]],
    [chunkSize, [chunkSize]],
    [2 * chunkSize + 1, [chunkSize, chunkSize, 1]],
  ] as const) {
    const items = Array.from({ length: count }, (_, index) => index);
    const chunks = await Array.fromAsync(inChunks(Promise.resolve(items), (chunk) => chunk));
    assert.deepEqual(
      chunks.map(({ length }) => length),
      lengths,
    );
    assert.deepEqual(chunks.flat(), items);
  }
});
