import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { parseSizes, resizeEvents } from './resize-events.ts';

for (const [text, sizes, rest] of [
  ['{"Width":80,"Height":24}', [{ width: 80, height: 24 }], ''],
  ['{"Width":80,"Height":24}\n{"Width":1,"Hei', [{ width: 80, height: 24 }], '{"Width":1,"Hei'],
  ['{"width":3}', [{ width: 3, height: 0 }], ''],
  ['', [], ''],
] as const) {
  test(`sizes in ${JSON.stringify(text)}`, () => assert.deepEqual(parseSizes(text), { sizes, rest }));
}

for (const text of ['x}', '{"Width":"80"}', '{"Width":-1}', '{"Width":70000}', '[1]}', '{"Width":1.5}']) {
  test(`no size: ${text}`, () => assert.throws(() => parseSizes(text), SyntaxError));
}

test('the newest of several sizes, then the end', async () => {
  const stream = new PassThrough();
  const events = resizeEvents(stream, new AbortController().signal);
  const first = events.next();
  stream.write('{"Width":1,"Height":1}');
  assert.deepEqual(await first, { done: false, value: { width: 1, height: 1 } });
  stream.write('{"Width":2,"Height":2}');
  stream.end('{"Width":3,"Height":3}');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual((await events.next()).value, { width: 3, height: 3 });
  assert.equal((await events.next()).done, true);
});

test('ends when the client goes', async () => {
  const gone = new AbortController();
  const events = resizeEvents(new PassThrough(), gone.signal);
  const next = events.next();
  gone.abort();
  assert.equal((await next).done, true);
});
