// Forty things that people do wrong with a new tool. Each message says where, what, and what to do next, in a few lines
// without a stack, a bare error code or repetition; and the exit code says that it failed.
import assert from 'node:assert/strict';
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { flaws } from './mistakes/flaws.ts';
import { Room, type Said } from './mistakes/room.ts';
import { mistakes } from './mistakes/table.ts';

/** A machine with a node that `berth up` started, and one on which nothing runs. */
let node: Room;
let empty: Room;

before(async () => {
  node = await Room.open('mistakes');
  empty = await Room.open('mistake0');
  const up = node.run(['berth', 'up', join(import.meta.dirname, '../../examples/hello.yaml')]);
  assert.equal(up.code, 0, up.text);
});
after(async () => {
  await empty?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
});

test('there are at least forty', () => {
  assert.ok(mistakes.length >= 40, `${mistakes.length}`);
  assert.equal(new Set(mistakes.map(({ title }) => title)).size, mistakes.length);
});

for (const { title, isEmpty, file, words, options, code, says } of mistakes) {
  test(title, () => {
    const room = isEmpty ? empty : node;
    const path = file ? room.file(file.name, file.content) : '';
    const said: Said = room.run(
      words.map((word) => (word === 'FILE' ? path : word)),
      options,
    );
    if (process.env['SHOW']) console.log(`--- ${title} (${said.code})\n${said.text}`);
    // The pods of the next row find the node as it was.
    const manifests = join(room.placeOf('/etc/kubernetes'), 'manifests');
    for (const name of globSync('*', { cwd: manifests })) {
      if (name !== 'default-hello.yaml') rmSync(join(manifests, name));
    }
    const missing = says.filter((part) => !part.test(said.text)).map((part) => `does not say ${part}`);
    assert.deepEqual([...missing, ...flaws(said.text), said.code], [code ?? said.code], said.text);
  });
}
