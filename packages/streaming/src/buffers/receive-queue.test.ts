import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiveQueue } from './receive-queue.ts';

test('what goes in comes out, whatever the pieces', () => {
  const queue = new ReceiveQueue();
  const sizes = [1, 0, 5000, 3, 20_000, 1, 16_384, 16_383, 2, 70_000];
  const pieces = sizes.map((size, index) => Buffer.alloc(size, index + 1));
  const out: Buffer[] = [];
  for (const [index, piece] of pieces.entries()) {
    queue.push(piece);
    if (index % 4 === 3) out.push(queue.shift() ?? Buffer.alloc(0));
  }
  for (let block = queue.shift(); block !== undefined; block = queue.shift()) out.push(block);
  assert.deepEqual(Buffer.concat(out), Buffer.concat(pieces));
  assert.equal(queue.length, 0);
});

test('a byte that is cut from a large buffer does not keep that alive, and a million of them are few objects', () => {
  const queue = new ReceiveQueue();
  const chunk = Buffer.alloc(1024 * 1024);
  for (let index = 0; index < 1_000_000; index++) queue.push(chunk.subarray(index, index + 1));
  let blocks = 0;
  let kept = 0;
  for (let block = queue.shift(); block !== undefined; block = queue.shift()) {
    blocks++;
    kept += block.buffer.byteLength;
  }
  assert.ok(blocks < 100, `${blocks} blocks`);
  assert.ok(kept < 1_100_000, `${kept} bytes are kept`);
});
