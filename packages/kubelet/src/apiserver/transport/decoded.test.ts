import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decoded } from './decoded.ts';

const answer = (body: Readable, headers: Record<string, string>) => ({
  code: 200,
  headers,
  body,
  isComplete: () => true,
});
const gzip = { 'content-encoding': 'gzip' };

test('an answer is decompressed, others are as they are', async () => {
  const compressed = answer(Readable.from([gzipSync('{"a":1}')]), gzip);
  assert.equal(await text(decoded(compressed).body), '{"a":1}');
  const plain = answer(Readable.from(['{}']), {});
  assert.equal(decoded(plain), plain);
});

test('an answer that is cut or damaged fails its reader', async () => {
  const whole = gzipSync('x'.repeat(1000));
  await assert.rejects(text(decoded(answer(Readable.from([whole.subarray(0, 15)]), gzip)).body));
  await assert.rejects(text(decoded(answer(Readable.from([Buffer.from('no gzip')]), gzip)).body));
});

test('whoever stops reading ends the answer', async () => {
  const body = new Readable({ read() {} });
  const { body: reading } = decoded(answer(body, gzip));
  reading.destroy();
  await new Promise((resolve) => body.once('close', resolve));
  assert.ok(body.destroyed);
});
