import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../status/node-object.ts';
import { NodeWatch } from './node-watch.ts';

test('an older version of the node changes nothing, and another node does', async () => {
  const told: string[] = [];
  const unused = () => assert.fail('nothing is asked for');
  const client = {
    get: unused,
    list: unused,
    watch: unused,
    create: unused,
    update: unused,
    patch: unused,
    delete: unused,
    deleteCollection: unused,
  };
  const watch = new NodeWatch(client, 'n', ({ metadata }) =>
    told.push(`${metadata.uid} ${metadata.resourceVersion}`),
  );
  const node = (uid: string, resourceVersion: string): Node => ({
    metadata: { name: 'n', uid, resourceVersion },
  });
  watch.observe(node('a', '9'));
  await watch.seen;
  watch.observe(node('a', '10'));
  watch.observe(node('a', '9'));
  watch.observe(node('b', '3'));
  assert.deepEqual(told, ['a 9', 'a 10', 'b 3']);
  assert.equal(watch.current()?.metadata.uid, 'b');
});
